/* After an @ in a note: a short list of the people it may name. Arrows and Enter choose, Escape puts it away; typed out
   in full a name works as well without this. */
let list = null;
let field = null;
let asked = 0;

function close() {
  list?.remove();
  list = null;
  field?.removeAttribute("aria-activedescendant");
  field?.setAttribute("aria-expanded", "false");
}

function begun(area) {
  const before = area.value.slice(0, area.selectionStart);
  const found = /(^|[^\w.+-])@([\p{L}\p{N}' -]{0,40})$/u.exec(before);
  return found && !found[2].startsWith(" ") ? found[2] : null;
}

function mark(option) {
  for (const each of list.querySelectorAll("[role=option]")) each.setAttribute("aria-selected", String(each === option));
  field.setAttribute("aria-activedescendant", option.id);
}

function choose(option) {
  const start = field.selectionStart - begun(field).length;
  field.setRangeText(`${option.dataset.name} `, start, field.selectionStart, "end");
  close();
  field.focus();
}

async function suggest(area) {
  const words = begun(area);
  const turn = ++asked;
  if (words === null) return close();
  const answer = await fetch(`${area.dataset.mentions}?q=${encodeURIComponent(words)}`);
  if (!answer.ok || turn !== asked) return;
  const drawn = await answer.text();
  close();
  if (!drawn.trim()) return;
  field = area;
  list = Object.assign(document.createElement("div"), { className: "mention-list", id: "mention-list", innerHTML: drawn });
  list.setAttribute("role", "listbox");
  list.setAttribute("aria-label", "People to mention");
  list.querySelectorAll("[role=option]").forEach((each, n) => {
    each.id = `mention-${n}`;
    each.tabIndex = -1;
  });
  area.after(list);
  area.setAttribute("aria-expanded", "true");
  mark(list.querySelector("[role=option]"));
}

document.addEventListener("input", (event) => {
  if (event.target.matches("[data-mentions]")) suggest(event.target);
});

document.addEventListener("keydown", (event) => {
  if (!list || event.target !== field) return;
  const options = [...list.querySelectorAll("[role=option]")];
  const at = options.findIndex((each) => each.getAttribute("aria-selected") === "true");
  const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
  if (step) mark(options[(at + step + options.length) % options.length]);
  else if (event.key === "Enter" || event.key === "Tab") choose(options[at]);
  else if (event.key === "Escape") close();
  else return;
  event.preventDefault();
  event.stopPropagation();
}, { capture: true });

document.addEventListener("mousedown", (event) => {
  const option = event.target.closest(".mention-list [role=option]");
  if (option) {
    event.preventDefault();
    choose(option);
  } else if (list) close();
});
