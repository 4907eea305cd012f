/* A filter form is sent as soon as one of its choices changes; typing waits for Enter. */
document.addEventListener("change", (event) => {
  if (event.target.matches("[data-filters] select")) event.target.form.requestSubmit();
});
