/* The drawer beside a list: #drawer, swapped whole by htmx. Focus goes in when it opens and back to the row when it
   closes; the row whose link is the open page's address is the current one. */
const drawer = () => document.getElementById("drawer");
const rowLinks = () => [...document.querySelectorAll(".lead > .l-name")];
const pathOf = (address) => new URL(address, location.href).pathname;

function markCurrent(path) {
  for (const link of rowLinks()) {
    const row = link.parentElement;
    if (pathOf(link.href) === path) {
      row.setAttribute("aria-current", "true");
      row.classList.remove("unread");
    } else row.removeAttribute("aria-current");
  }
  return document.querySelector(".lead[aria-current] > .l-name");
}

function opened({ responsePath, requestPath }) {
  markCurrent(pathOf(responsePath ?? requestPath))?.scrollIntoView({ block: "nearest" });
  const heading = drawer().querySelector("h2");
  if (!heading) return;
  heading.tabIndex = -1;
  heading.focus({ preventScroll: true });
}

/* The close link leads to the list's own address; with the list on screen there is nothing to load. */
document.addEventListener("click", (event) => {
  const close = event.target.closest("[data-close]");
  if (!close || !rowLinks().length || event.ctrlKey || event.metaKey || event.shiftKey) return;
  event.preventDefault();
  const row = document.querySelector(".lead[aria-current] > .l-name");
  history.replaceState({ htmx: true }, ""); // so that htmx reloads the drawer's page when the person comes back
  history.pushState({ htmx: true }, "", close.href);
  drawer().replaceChildren();
  drawer().hidden = true;
  markCurrent("");
  row?.focus();
});

/* A slow answer shows: the old content pales and the row turns until the new one is here. */
const busy = (event, value) => {
  const { target } = event.detail;
  if (target?.id === "drawer") target.setAttribute("aria-busy", value);
};
document.addEventListener("htmx:beforeRequest", (event) => busy(event, "true"));
document.addEventListener("htmx:afterRequest", (event) => busy(event, "false"));

/* The list asks for news by itself and a deed redraws the drawer. Neither may move the keyboard or the scroll. */
let held;

function selectorOf(node) {
  if (node.matches("a[href]")) return `a[href=${JSON.stringify(node.getAttribute("href"))}]`;
  const form = node.closest("form")?.getAttribute("action");
  if (!form) return "";
  const part = node.name ? `[name=${JSON.stringify(node.name)}]` : "button";
  return `form[action=${JSON.stringify(form)}] ${part}${node.type === "radio" ? ":checked" : ""}`;
}

document.addEventListener("htmx:beforeSwap", ({ detail: { target } }) => {
  const focused = target.contains(document.activeElement) && document.activeElement;
  held = { selector: focused && selectorOf(focused), top: target.querySelector(".d-scroll")?.scrollTop };
});

function redrawn(region) {
  const scroller = region.querySelector(".d-scroll");
  if (scroller) scroller.scrollTop = held.top;
  if (held.selector) (region.querySelector(held.selector) ?? scroller)?.focus({ preventScroll: true });
}

document.addEventListener("htmx:afterSettle", ({ detail }) => {
  const region = document.getElementById(detail.target.id);
  if (detail.target.id === "rows") markCurrent(location.pathname);
  if (region && region === drawer() && detail.requestConfig.verb === "get") opened(detail.pathInfo);
  else if (region && held) redrawn(region);
});
