/* Stars send their form when chosen. Arrow keys pass over several, so wait until the person has stopped; a trigger of
   htmx's own on the same change would send every one of them. */
const PAUSE_MS = 350;
const timers = new WeakMap();

function choose(event) {
  const form = event.target.closest("[data-rating]") && event.target.form;
  if (!form) return;
  event.stopPropagation();
  clearTimeout(timers.get(form));
  timers.set(
    form,
    setTimeout(() => form.isConnected && form.requestSubmit(), PAUSE_MS),
  );
}

document.addEventListener("change", choose, { capture: true });
