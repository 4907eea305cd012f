/* The drawer beside a list: #drawer, swapped whole by htmx. Focus goes in when it opens and back to the row when it
   closes; the row whose link is the open page's address is the current one. */
const drawer = () => document.getElementById("drawer");
const rowLinks = () => [...document.querySelectorAll(".lead > .l-name")];
const pathOf = (address) => new URL(address, location.href).pathname;

function markCurrent(path) {
  for (const link of rowLinks()) {
    const row = link.parentElement;
    row.toggleAttribute("aria-current", false);
    if (pathOf(link.href) !== path) continue;
    row.setAttribute("aria-current", "true");
    row.classList.remove("unread");
    link.scrollIntoView({ block: "nearest" });
  }
}

document.addEventListener("htmx:afterSettle", ({ detail }) => {
  if (detail.target.id !== "drawer" || detail.requestConfig.verb !== "get") return;
  markCurrent(pathOf(detail.pathInfo.responsePath ?? detail.pathInfo.requestPath));
  const heading = drawer().querySelector("h2");
  if (!heading) return;
  heading.tabIndex = -1;
  heading.focus({ preventScroll: true });
});

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
