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

/* A one-time code: digits only, and the drawn cell that is next. */
onContent((root) => {
  for (const input of root.querySelectorAll(".otp > input")) input.parentElement.dataset.len = input.value.length;
});

document.addEventListener("input", (event) => {
  const box = event.target.closest(".otp");
  if (!box) return;
  event.target.value = event.target.value.replace(/\D/g, "").slice(0, 6);
  box.dataset.len = event.target.value.length;
});
