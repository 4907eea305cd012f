/* What can be taken back for some seconds goes away when they are over; without a script the server says so. */
for (const offer of document.querySelectorAll("[data-undo]")) {
  setTimeout(() => offer.remove(), Number(offer.dataset.undo) * 1000);
}
