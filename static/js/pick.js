/* Choosing rows: all of a page at once, and with shift everything from the last choice on. */
import { onContent } from "./content.js";

let last;
const boxes = () => [...document.querySelectorAll("[data-pick]")];

function count() {
  const all = boxes();
  const chosen = all.filter((box) => box.checked).length;
  const every = document.querySelector("[data-pick-all]");
  if (every) {
    every.checked = chosen > 0 && chosen === all.length;
    every.indeterminate = chosen > 0 && chosen < all.length;
  }
  const told = document.querySelector("[data-pick-count]");
  const whole = document.querySelector("[data-pick-every]")?.checked;
  if (told) told.textContent = whole ? "All chosen" : chosen ? `${chosen} chosen` : "";
}

onContent((root) => {
  for (const box of root.querySelectorAll("[data-pick-all]")) box.hidden = false;
  count(); // the browser may have kept the choices of a page that one comes back to
});

document.addEventListener("click", (event) => {
  const box = event.target.closest?.("[data-pick]");
  if (!box) return;
  const all = boxes();
  const [from, to] = [all.indexOf(last), all.indexOf(box)].sort((a, b) => a - b);
  if (event.shiftKey && from >= 0) for (const each of all.slice(from, to + 1)) each.checked = box.checked;
  last = box;
  count();
});

document.addEventListener("change", (event) => {
  if (event.target.matches("[data-pick-every]")) count();
  if (!event.target.matches("[data-pick-all]")) return;
  for (const box of boxes()) box.checked = event.target.checked;
  count();
});
