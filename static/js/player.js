/* Recording player around a native <audio>, whose own controls stay where no script runs.
   [data-seek-to] in the same .call plays from that second; its turn gets .now while it is heard. */
import { onContent } from "./content.js";

const SPEEDS = [1, 1.25, 1.5, 2];
const STEP_S = { ArrowLeft: -5, ArrowDown: -5, ArrowRight: 5, ArrowUp: 5, PageDown: -30, PageUp: 30 };

const clock = (seconds) => `${Math.floor(seconds / 60)}:${String(Math.floor(seconds % 60)).padStart(2, "0")}`;
const audioOf = (node) => node.closest(".call, [data-player]")?.querySelector("audio");
const length = (audio) =>
  Number.isFinite(audio.duration) ? audio.duration : Number(audio.parentElement.dataset.seconds);

function draw(audio) {
  const player = audio.parentElement;
  const total = length(audio);
  const slider = player.querySelector("[data-seek]");
  const wave = slider.querySelector(".wave");
  const words = `${clock(audio.currentTime)} of ${clock(total)}`;
  wave.querySelector(".played").setAttribute("width", total ? (audio.currentTime / total) * wave.viewBox.baseVal.width : 0);
  slider.setAttribute("aria-valuemax", Math.round(total));
  slider.setAttribute("aria-valuenow", Math.round(audio.currentTime));
  slider.setAttribute("aria-valuetext", words);
  player.querySelector("[data-clock]").textContent = words.replace(" of ", " / ");
  const rows = [...(player.closest(".call")?.querySelectorAll("[data-seek-to]") ?? [])];
  const now = rows.findLast((row) => Number(row.dataset.seekTo) <= audio.currentTime);
  follow(rows.map((row) => row.closest("li")).filter(Boolean), audio.currentTime > 0 ? now?.closest("li") : undefined);
}

/* Mark the turn that is heard. Who had the last one in sight gets to see the next one; who reads elsewhere is left. */
function follow(turns, now) {
  const before = turns.find((turn) => turn.classList.contains("now"));
  if (before === now) return;
  before?.classList.remove("now");
  before?.removeAttribute("aria-current");
  now?.classList.add("now");
  now?.setAttribute("aria-current", "true");
  if (now && before && inSight(before)) now.scrollIntoView({ block: "nearest" });
}

function inSight(node) {
  const { top, bottom } = node.getBoundingClientRect();
  return bottom > 0 && top < window.innerHeight;
}

function drawState(audio) {
  const button = audio.parentElement.querySelector("[data-play]");
  button.setAttribute("aria-pressed", String(!audio.paused));
  button.setAttribute("aria-label", audio.paused ? "Play recording" : "Pause recording");
}

function seek(audio, seconds) {
  audio.currentTime = Math.max(0, Math.min(seconds, length(audio)));
  draw(audio);
}

onContent((root) => {
  for (const audio of root.querySelectorAll("[data-player] > audio[controls]")) {
    audio.controls = false;
    audio.hidden = true;
    for (const part of audio.parentElement.querySelectorAll("[hidden]:not(audio)")) part.hidden = false;
    for (const name of ["timeupdate", "loadedmetadata"]) audio.addEventListener(name, () => draw(audio));
    for (const name of ["play", "pause", "ended"]) audio.addEventListener(name, () => drawState(audio));
    audio.addEventListener("error", () => {
      audio.parentElement.querySelector("[data-clock]").textContent = "Recording not available";
    });
    draw(audio);
  }
});

const actions = {
  "[data-play]": (audio) => (audio.paused ? audio.play() : audio.pause()),
  "[data-speed]": (audio, button) => {
    audio.playbackRate = SPEEDS[(SPEEDS.indexOf(audio.playbackRate) + 1) % SPEEDS.length];
    button.lastElementChild.textContent = `${audio.playbackRate}×`;
  },
  "[data-seek]": (audio, slider, event) => {
    const box = slider.getBoundingClientRect();
    seek(audio, ((event.clientX - box.left) / box.width) * length(audio));
  },
  "[data-seek-to]": (audio, row) => {
    seek(audio, Number(row.dataset.seekTo));
    return audio.play();
  },
};

document.addEventListener("click", (event) => {
  for (const [selector, act] of Object.entries(actions)) {
    const part = event.target.closest(selector);
    const audio = part && audioOf(part);
    if (!audio) continue;
    event.preventDefault();
    act(audio, part, event)?.catch?.(() => {}); // a refused play() also raises the error event, which speaks
    return;
  }
});

document.addEventListener("keydown", (event) => {
  const audio = event.target.matches?.("[data-seek]") && audioOf(event.target);
  if (!audio) return;
  const to = { Home: 0, End: length(audio) }[event.key] ?? audio.currentTime + (STEP_S[event.key] ?? NaN);
  if (Number.isNaN(to)) return;
  event.preventDefault();
  seek(audio, to);
});
