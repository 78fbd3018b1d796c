const root = document.documentElement;
document.getElementById("theme").onclick = () => {
  const now = root.dataset.theme || (matchMedia("(prefers-color-scheme:dark)").matches ? "dark" : "light");
  root.dataset.theme = now === "dark" ? "light" : "dark";
};
const code = document.getElementById("code");
if (code) code.onclick = () => {
  const blocks = [...document.querySelectorAll("details.code")];
  const open = blocks.some(block => !block.open);
  blocks.forEach(block => { block.open = open; });
  if (open !== (code.dataset.open === "yes")) {
    [code.textContent, code.dataset.other] = [code.dataset.other, code.textContent];
    code.dataset.open = open ? "yes" : "no";
  }
};
