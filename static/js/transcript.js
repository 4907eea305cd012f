/* Looking for words in a transcript: at once while one types, from hit to hit by Enter, Shift+Enter or the arrows
   beside the box. The server does the same for who has no script (?find=…&hit=…). */
const MOST = 500;

const boxOf = (node) => node.closest("[data-transcript]");
const hitsOf = (box) => [...box.querySelectorAll("[data-hit]")];

function clear(box) {
  for (const mark of hitsOf(box)) {
    const parent = mark.parentNode;
    mark.replaceWith(...mark.childNodes);
    parent.normalize();
  }
}

/* Wrap the letters from start to end of a paragraph, piece by piece where other marks begin or end. */
function wrap(paragraph, start, end, number) {
  const walker = document.createTreeWalker(paragraph, NodeFilter.SHOW_TEXT);
  const pieces = [];
  for (let at = 0; walker.nextNode(); ) {
    const { currentNode: node } = walker;
    const from = Math.max(start - at, 0);
    const to = Math.min(end - at, node.length);
    if (from < to) pieces.push([node, from, to]);
    at += node.length;
  }
  for (const [node, from, to] of pieces) {
    const range = document.createRange();
    range.setStart(node, from);
    range.setEnd(node, to);
    const mark = document.createElement("mark");
    mark.className = "hit";
    mark.dataset.hit = number;
    range.surroundContents(mark);
  }
}

function find(box, words) {
  clear(box);
  let count = 0;
  if (words) {
    const wanted = new RegExp(words.replace(/[.*+?^${}()|[\]\\]/g, "\\$&"), "giu");
    for (const paragraph of box.querySelectorAll(".transcript p")) {
      const found = [...paragraph.textContent.matchAll(wanted)].slice(0, MOST - count);
      for (const match of found) wrap(paragraph, match.index, match.index + match[0].length, ++count);
    }
  }
  show(box, count ? 1 : 0);
}

/* Make the hit with this number the one that is looked at. */
function show(box, number) {
  const hits = hitsOf(box);
  const count = Number(hits.at(-1)?.dataset.hit ?? 0);
  const words = box.querySelector("[data-find]").value.trim();
  for (const mark of hits) mark.classList.toggle("here", Number(mark.dataset.hit) === number);
  box.querySelector("[data-hits]").hidden = !words;
  box.querySelector("[data-hit-steps]").hidden = !count;
  box.querySelector("[data-hit-words]").textContent = count ? `${number} of ${count}` : words ? "Not found" : "";
  box.querySelector(".here")?.scrollIntoView({ block: "nearest" });
}

function step(box, by) {
  const count = Number(hitsOf(box).at(-1)?.dataset.hit ?? 0);
  if (!count) return;
  const now = Number(box.querySelector(".here")?.dataset.hit ?? 0);
  show(box, ((now - 1 + by + count) % count) + 1);
}

const plain = (text) => text.replace(/\s+/g, " ").trim();

document.addEventListener("input", ({ target }) => {
  if (target.matches?.("[data-find]")) find(boxOf(target), plain(target.value));
});

document.addEventListener("keydown", (event) => {
  if (event.key !== "Enter" || event.isComposing || !event.target.matches?.("[data-find]")) return;
  event.preventDefault();
  step(boxOf(event.target), event.shiftKey ? -1 : 1);
});

document.addEventListener("submit", (event) => {
  const field = event.target.querySelector?.("[data-find]");
  if (!field) return;
  event.preventDefault();
  step(boxOf(field), 1);
});

document.addEventListener("click", (event) => {
  const link = event.target.closest("[data-hit-step]");
  if (!link || event.ctrlKey || event.metaKey || event.shiftKey) return;
  event.preventDefault();
  step(boxOf(link), Number(link.dataset.hitStep));
});
