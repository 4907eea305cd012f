/* A filter form is sent as soon as one of its choices changes; typing waits for Enter. Whoever chooses by keyboard passes
   over several and sends the form by its button (WCAG 3.2.2). */
let byKeyboard = false;
document.addEventListener("keydown", () => (byKeyboard = true), { capture: true });
document.addEventListener("pointerdown", () => (byKeyboard = false), { capture: true });

document.addEventListener("change", (event) => {
  if (!byKeyboard && event.target.matches("[data-filters] :is(select, [type=checkbox])")) event.target.form.requestSubmit();
});
