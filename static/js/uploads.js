/* A file that is too large is refused before it travels. The server says the same to whoever comes without this. */
document.addEventListener("change", (event) => {
  const input = event.target;
  const most = Number(input.form?.dataset.mostBytes);
  if (input.type !== "file" || !most) return;
  const file = input.files[0];
  const large = file && file.size > most;
  const megabytes = (bytes) => Math.round(bytes / 1024 / 1024);
  input.setCustomValidity(
    large ? `The file has ${megabytes(file.size)} MB; up to ${megabytes(most)} MB can be taken. Split it into parts.` : "",
  );
  if (large) input.reportValidity();
});
document.addEventListener("submit", (event) => {
  const input = event.target.querySelector("input[type=file]");
  if (input && !input.checkValidity()) {
    event.preventDefault();
    input.reportValidity();
  }
});
