const root = document.documentElement;
const byId = id => document.getElementById(id);

byId("theme").onclick = () => {
  const now = root.dataset.theme || (matchMedia("(prefers-color-scheme:dark)").matches ? "dark" : "light");
  root.dataset.theme = now === "dark" ? "light" : "dark";
};

const code = byId("code");
if (code) code.onclick = () => {
  const blocks = [...document.querySelectorAll("details.code")];
  const open = blocks.some(block => !block.open);
  blocks.forEach(block => { block.open = open; });
  if (open !== (code.dataset.open === "yes")) {
    [code.textContent, code.dataset.other] = [code.dataset.other, code.textContent];
    code.dataset.open = open ? "yes" : "no";
  }
};

// Contents: open beside the text, folded above it; they mark the section whose heading was read last.
const contents = byId("contents");
if (contents) {
  const beside = matchMedia("(min-width:70rem)");
  beside.onchange = () => { contents.open = beside.matches; };
  beside.onchange();
  const links = [...contents.querySelectorAll("a")];
  const targets = links.map(link => byId(decodeURIComponent(link.hash.slice(1))));
  const spy = new IntersectionObserver(() => {
    const read = targets.findLastIndex(target => target.getBoundingClientRect().top < innerHeight * 0.3);
    links.forEach((link, i) => { link.ariaCurrent = i === Math.max(read, 0) ? "true" : null; });
  }, {rootMargin: "1000000px 0px -70% 0px"});
  targets.forEach(target => spy.observe(target));
}

// A box is a stop for the keyboard only while it has something to scroll.
const boxes = new ResizeObserver(entries => entries.forEach(({target: box}) => {
  if (box.scrollWidth > box.clientWidth) box.tabIndex = 0; else box.removeAttribute("tabindex");
}));
document.querySelectorAll("[tabindex]").forEach(box => boxes.observe(box));
