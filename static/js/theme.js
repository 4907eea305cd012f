/* The theme forms of the account menu, without leaving the page. The server keeps the choice in a cookie. */
const root = document.documentElement;
const dark = matchMedia("(prefers-color-scheme: dark)");

function show(theme) {
  if (theme === "system") delete root.dataset.theme;
  else root.dataset.theme = theme;
  for (const button of document.querySelectorAll("[data-theme-choice] button"))
    button.setAttribute("aria-pressed", String(button.value === theme));
}

document.addEventListener("submit", (event) => {
  if (!event.target.matches("[data-theme-choice]")) return;
  event.preventDefault();
  const body = new FormData(event.target, event.submitter);
  show(body.get("theme"));
  fetch(event.target.action, { method: "POST", body, redirect: "manual" });
});

export function toggle() {
  const shown = root.dataset.theme ?? (dark.matches ? "dark" : "light");
  document.querySelector(`[data-theme-choice] [value=${shown === "dark" ? "light" : "dark"}]`)?.click();
}
