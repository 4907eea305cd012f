/* Toasts come with the page or as an out-of-band swap into #toasts. They wait while looked at; errors stay until
   dismissed (WCAG 2.2.1). */
const region = document.getElementById("toasts");
const LIFE_MS = 6000;

function arm(toast) {
  if (toast.classList.contains("toast-bad")) return;
  let timer;
  const stop = () => clearTimeout(timer);
  const start = () => {
    stop();
    timer = setTimeout(() => toast.remove(), LIFE_MS);
  };
  toast.addEventListener("pointerenter", stop);
  toast.addEventListener("pointerleave", start);
  toast.addEventListener("focusin", stop);
  toast.addEventListener("focusout", start);
  start();
}

function say(title, detail) {
  const toast = document.createElement("div");
  const words = document.createElement("p");
  const more = document.createElement("span");
  const dismiss = document.createElement("button");
  toast.className = "toast toast-bad";
  words.textContent = title;
  more.textContent = detail;
  words.append(more);
  dismiss.type = "button";
  dismiss.dataset.dismiss = "";
  dismiss.textContent = "Dismiss";
  toast.append(words, dismiss);
  region.append(toast);
}

region.querySelectorAll(".toast").forEach(arm);
new MutationObserver((changes) => {
  for (const { addedNodes } of changes) for (const node of addedNodes) if (node.matches?.(".toast")) arm(node);
}).observe(region, { childList: true });

region.addEventListener("click", (event) => {
  if (event.target.closest("[data-dismiss]")) event.target.closest(".toast").remove();
});

document.addEventListener("htmx:responseError", (event) => {
  say("That didn't work", `The server answered ${event.detail.xhr.status}. Nothing was changed here.`);
});
document.addEventListener("htmx:sendError", () => {
  say("No connection", "Nothing was sent. Try again when you are back online.");
});
