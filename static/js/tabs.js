/* Tabs (APG pattern). The tab list comes hidden and every panel shown, so nothing is lost without a script:
   <div class="tabs" role="tablist" hidden><button role="tab" aria-controls="panel-id">… */
import { onContent } from "./content.js";

function select(chosen) {
  for (const tab of chosen.closest("[role=tablist]").querySelectorAll("[role=tab]")) {
    const selected = tab === chosen;
    tab.setAttribute("aria-selected", String(selected));
    tab.tabIndex = selected ? 0 : -1;
    const panel = document.getElementById(tab.getAttribute("aria-controls"));
    if (panel) panel.hidden = !selected;
  }
}

onContent((root) => {
  for (const list of root.querySelectorAll("[role=tablist][hidden]")) {
    list.hidden = false;
    select(list.querySelector("[aria-selected=true]") ?? list.querySelector("[role=tab]"));
  }
});

document.addEventListener("click", (event) => {
  const tab = event.target.closest("[role=tab]");
  if (tab) select(tab);
});

document.addEventListener("keydown", (event) => {
  const tab = event.target.closest?.("[role=tab]");
  if (!tab) return;
  const tabs = [...tab.closest("[role=tablist]").querySelectorAll("[role=tab]")];
  const at = tabs.indexOf(tab);
  const next = {
    ArrowLeft: tabs.at(at - 1),
    ArrowRight: tabs[(at + 1) % tabs.length],
    Home: tabs[0],
    End: tabs.at(-1),
  }[event.key];
  if (!next) return;
  event.preventDefault();
  next.focus();
  select(next);
});
