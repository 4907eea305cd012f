/* The call queue by keyboard. A key presses the button or link that names it in aria-keyshortcuts; a button that needs
   something first, such as the time of a callback, opens its field and waits there. */
const KEY = "hotkeys";
const typing = (node) => node.matches?.("input:not([type=radio], [type=checkbox]), textarea, select");

function lacks(button) {
  const field = button.dataset.needs && document.getElementById(button.dataset.needs);
  if (!field || field.value) return false;
  field.closest("details").open = true;
  field.focus();
  return true;
}

document.addEventListener("click", (event) => {
  const button = event.target.closest("[data-queue] [data-needs]");
  if (button && lacks(button)) event.preventDefault();
});

/* Enter in such a field is the button that asked for it. */
document.addEventListener("keydown", (event) => {
  if (event.key !== "Enter" || !event.target.id) return;
  const asked = document.querySelector(`[data-queue] [data-needs="${CSS.escape(event.target.id)}"]`);
  if (!asked) return;
  event.preventDefault();
  asked.click();
});

document.addEventListener("keydown", (event) => {
  if (event.defaultPrevented || event.metaKey || event.ctrlKey || event.altKey || event.repeat) return;
  if (typing(event.target) || document.querySelector("dialog[open]") || localStorage.getItem(KEY) === "off") return;
  const wanted = CSS.escape(event.key.length === 1 ? event.key.toUpperCase() : "");
  const found = wanted && document.querySelector(`[data-queue] [aria-keyshortcuts="${wanted}"]`);
  if (!found) return;
  event.preventDefault();
  found.click();
});

document.querySelector("[data-queue-name]")?.focus();
