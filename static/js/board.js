/* The board: cards are dragged, or moved by Shift and the arrow keys while one of them has the focus. The page shows a
   move at once; the server answers with the heads of the columns, or with the whole board when it is no longer as it
   was seen. Whoever goes into a lost stage is asked why on a page of its own. */
const NOBODY = "00000000-0000-0000-0000-000000000000";
const form = () => document.getElementById("move");
const laneOf = (node) => node.closest("[data-lane]");
const cardsOf = (lane) => lane.querySelector(".cards");
let held, home;
let queue = Promise.resolve();
let focused = "";

const remember = (card) => ({ lane: laneOf(card), list: card.parentElement, next: card.nextElementSibling });
const restore = (card, { list, next }) => list.insertBefore(card, next?.isConnected ? next : null);
const addressOf = (name, card) => form().dataset[name].replace(NOBODY, card.dataset.card);

function send(card, from) {
  const lane = laneOf(card);
  if ("lost" in lane.dataset && lane !== from.lane) {
    restore(card, from);
    location.assign(`${addressOf("ask", card)}?stage=${lane.dataset.lane}`);
    return;
  }
  const next = card.nextElementSibling;
  const values = Object.fromEntries(new FormData(form()));
  Object.assign(values, {
    stage: lane.dataset.lane,
    seen: from.lane.dataset.lane,
    above: card.previousElementSibling?.dataset.card ?? "",
    below: next ? (next.dataset.card ?? "more") : "",
  });
  focused = card.contains(document.activeElement) ? card.id : "";
  const address = addressOf("move", card);
  queue = queue.then(() => post(card, from, address, values));
}

async function post(card, from, address, values) {
  let failed = false;
  const notice = () => (failed = true);
  for (const name of ["htmx:sendError", "htmx:responseError"]) document.addEventListener(name, notice, { once: true });
  await window.htmx.ajax("POST", address, { target: "#board", swap: "none", values }).catch(notice);
  for (const name of ["htmx:sendError", "htmx:responseError"]) document.removeEventListener(name, notice);
  if (failed && card.isConnected) restore(card, from);
}

document.addEventListener("dragstart", (event) => {
  const card = event.target.closest?.("[data-card]");
  if (!card || !form()) return;
  held = card;
  home = remember(card);
  event.dataTransfer.effectAllowed = "move";
  event.dataTransfer.setData("text/plain", card.dataset.card);
  requestAnimationFrame(() => held?.classList.add("ghost"));
});

document.addEventListener("dragover", (event) => {
  const lane = held && event.target.closest?.("[data-lane]");
  if (!lane) return;
  event.preventDefault();
  for (const each of document.querySelectorAll(".lane.over")) if (each !== lane) each.classList.remove("over");
  lane.classList.add("over");
  const others = [...cardsOf(lane).children].filter((each) => each !== held);
  const middle = (node) => node.getBoundingClientRect().top + node.offsetHeight / 2;
  const below = others.find((each) => !each.dataset.card || middle(each) > event.clientY) ?? null;
  if (held.nextElementSibling !== below || held.parentElement !== cardsOf(lane)) cardsOf(lane).insertBefore(held, below);
});

document.addEventListener("drop", (event) => {
  if (!held || !event.target.closest?.("[data-lane]")) return;
  event.preventDefault();
  const [card, from] = [held, home];
  held = undefined;
  card.classList.remove("ghost");
  if (card.nextElementSibling !== from.next || card.parentElement !== from.list) send(card, from);
});

document.addEventListener("dragend", () => {
  for (const each of document.querySelectorAll(".lane.over")) each.classList.remove("over");
  if (!held) return;
  held.classList.remove("ghost");
  restore(held, home);
  held = undefined;
});

function step(card, key) {
  const lane = laneOf(card);
  if (key === "ArrowUp") card.previousElementSibling?.before(card);
  else if (key === "ArrowDown") {
    if (card.nextElementSibling?.dataset.card) card.nextElementSibling.after(card);
  } else {
    const wanted = key === "ArrowRight" ? lane.nextElementSibling : lane.previousElementSibling;
    if (wanted) cardsOf(wanted).prepend(card);
  }
}

document.addEventListener("keydown", (event) => {
  const card = event.target.closest?.("[data-card]");
  if (!card || !form() || !event.shiftKey || !/^Arrow/.test(event.key)) return;
  event.preventDefault();
  const from = remember(card);
  const at = document.activeElement;
  step(card, event.key);
  if (card.nextElementSibling === from.next && card.parentElement === from.list) return;
  at.focus();
  card.scrollIntoView({ block: "nearest", inline: "nearest" });
  send(card, from);
});

/* The answer draws the card anew, and the keyboard stays on it. */
function keepFocus() {
  if (focused && !document.activeElement?.closest("[data-card]")) {
    document.getElementById(focused)?.querySelector("a")?.focus({ preventScroll: true });
  }
}
document.addEventListener("htmx:oobAfterSwap", keepFocus);
document.addEventListener("htmx:afterSettle", keepFocus);
