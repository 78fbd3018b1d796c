// Without a script all claims are shown in the order of their topics and there is nothing to choose.
const choose = document.getElementById("choose");
if (choose) {
  const list = document.querySelector(".claims");
  const claims = [...list.children];
  const counts = JSON.parse(document.getElementById("counts").textContent);
  choose.hidden = false;
  choose.onchange = () => {
    const chosen = id => document.getElementById(id).value;
    for (const claim of claims)
      claim.hidden = ["topic", "verdict", "tested"].some(id => chosen(id) && claim.dataset[id] !== chosen(id));
    const sort = chosen("sort");
    list.append(...(sort ? claims.toSorted((a, b) => a.dataset[sort] - b.dataset[sort]) : claims));
    const shown = claims.filter(claim => !claim.hidden).length;
    document.getElementById("told").textContent = counts[shown];
    document.getElementById("none").hidden = shown > 0;
  };
}
