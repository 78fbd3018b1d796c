// Without a script all runs are shown and there is nothing to choose.
const filter = byId("filter");
if (filter) {
  filter.hidden = false;
  filter.onclick = ({target}) => {
    const chosen = target.closest("button");
    if (!chosen) return;
    for (const button of filter.children) button.ariaPressed = String(button === chosen);
    for (const run of document.querySelectorAll(".run"))
      run.hidden = Boolean(chosen.dataset.study) && run.dataset.study !== chosen.dataset.study;
    byId("told").textContent = chosen.dataset.told;
  };
}
