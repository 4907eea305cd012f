/* Single keys never fire while typing or in a dialog, and each device can switch them off (WCAG 2.1.4). Links and
   buttons that have a key of their own name it in aria-keyshortcuts. */
import { toggle } from "./theme.js";

const dialog = document.getElementById("shortcuts");
const choice = dialog?.querySelector("[data-hotkeys]");
const KEY = "hotkeys";
const typing = (node) => node.matches?.("input:not([type=radio], [type=checkbox]), textarea, select");
const press = (key) =>
  document.querySelector(`:is(.drawer:not([hidden]), .neighbours) [aria-keyshortcuts="${key}"]`);
const ROWS = ".lead > .l-name, .row-link";

function step(delta) {
  const inDrawer = press(delta > 0 ? "J" : "K");
  if (inDrawer) return inDrawer.click();
  const links = [...document.querySelectorAll(ROWS)];
  const at = links.indexOf(document.activeElement);
  links[Math.max(0, Math.min(links.length - 1, at + delta))]?.focus();
}

/* x chooses the row that has the focus. */
function choose() {
  document.activeElement?.closest("tr")?.querySelector("[data-pick]")?.click();
}

/* What may be done with the row that has the focus, by the key that the button or link names. */
const inRow = (key) =>
  document.activeElement?.closest("[data-row]")?.querySelector(`[aria-keyshortcuts="${CSS.escape(key.toUpperCase())}"]`);

const keys = {
  j: () => step(1),
  k: () => step(-1),
  x: choose,
  "/": () => document.querySelector("[role=search] [type=search]")?.focus(),
  "?": () => dialog?.showModal(),
  D: toggle,
  Escape: () => press("Escape")?.click(),
};

document.addEventListener("keydown", (event) => {
  const own = /^[a-z]$/.test(event.key) && !event.repeat && inRow(event.key);
  const act = keys[event.key] ?? (own && (() => own.click()));
  if (!act || event.defaultPrevented || event.metaKey || event.ctrlKey || event.altKey) return;
  if (typing(event.target) || document.querySelector("dialog[open]")) return;
  if (event.key !== "Escape" && localStorage.getItem(KEY) === "off") return;
  event.preventDefault();
  act();
});

if (dialog) {
  choice.checked = localStorage.getItem(KEY) !== "off";
  choice.addEventListener("change", () => localStorage.setItem(KEY, choice.checked ? "on" : "off"));
  for (const button of document.querySelectorAll("[data-shortcuts]")) {
    button.hidden = false;
    button.addEventListener("click", () => dialog.showModal());
  }
}
