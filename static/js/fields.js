/* Show or hide a password. The button is hidden until this runs, since it does nothing without a script. */
import { onContent } from "./content.js";

onContent((root) => {
  for (const button of root.querySelectorAll("[data-reveal]")) button.parentElement.hidden = false;
});

document.addEventListener("click", (event) => {
  const button = event.target.closest("[data-reveal]");
  if (!button) return;
  const shown = button.getAttribute("aria-pressed") !== "true";
  button.setAttribute("aria-pressed", String(shown));
  button.closest(".input-wrap").querySelector("input").type = shown ? "text" : "password";
});
