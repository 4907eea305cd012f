/* Run a function on the page and again on every piece that htmx swaps in. */
export function onContent(prepare) {
  prepare(document);
  document.addEventListener("htmx:load", (event) => prepare(event.detail.elt.parentElement ?? event.detail.elt));
}
