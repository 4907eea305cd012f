/* A clock that runs: how long ago something was, told anew every half a minute in the words the server began with. */
function words(since) {
  const minutes = Math.max(0, Math.floor((Date.now() - new Date(since)) / 60000));
  const days = Math.floor(minutes / 1440);
  if (days >= 2) return `${days} days`;
  const hours = Math.floor(minutes / 60);
  return hours ? `${hours} h ${minutes % 60} min` : `${minutes} min`;
}

setInterval(() => {
  for (const each of document.querySelectorAll("[data-since]")) each.textContent = words(each.dataset.since);
}, 30000);
