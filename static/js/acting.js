/* The banner of somebody in a client's seat: counts down, says when little is left, and leaves when it is over. */
const banner = document.querySelector("[data-acting-ends]");
const LITTLE = 5;
const EVERY_MS = 10_000;

function tell() {
  const left = Date.parse(banner.dataset.actingEnds) - Date.now();
  if (left <= 0) {
    location.reload();
    return;
  }
  const minutes = Math.ceil(left / 60_000);
  const words = `${minutes} minute${minutes === 1 ? "" : "s"} left`;
  const shown = banner.querySelector("[data-acting-left]");
  if (shown.textContent !== words) {
    shown.textContent = words;
    if (minutes === LITTLE || minutes === 1) banner.querySelector("[data-acting-say]").textContent = `${words} in this seat`;
  }
  setTimeout(tell, Math.min(left + 500, EVERY_MS));
}

if (banner) tell();
