// The demo's clock, which can be moved forward.

import { send } from "./dom.js";
import { clock, day, now, untilMorning } from "./times.js";

const LEAPS = { quarter: () => 900, hours: () => 7200, morning: untilMorning, day: () => 86_400 };
const SECOND = 1000;

const byId = (id) => document.getElementById(id);

function tick() {
  byId("hours-time").textContent = clock(now());
  byId("hours-day").textContent = day(now());
}

function ahead(seconds) {
  if (!seconds) return "идут вместе с настоящими";
  const days = Math.floor(seconds / 86_400);
  const hours = Math.floor((seconds % 86_400) / 3600);
  const minutes = Math.floor((seconds % 3600) / 60);
  const parts = [days && `${days} д`, hours && `${hours} ч`, minutes && `${minutes} мин`].filter(Boolean);
  return `впереди настоящих на ${parts.join(" ")}`;
}

export function hours({ movable, offset_seconds }, inviting) {
  tick();
  byId("hours-ahead").textContent = ahead(offset_seconds);
  for (const button of document.querySelectorAll("[data-leap]")) {
    button.disabled = !movable;
    button.title = movable ? "" : "Песочница запущена без --clock";
  }
  byId("hours").classList.toggle("inviting", inviting && movable);
}

for (const button of document.querySelectorAll("[data-leap]")) {
  button.addEventListener("click", () =>
    send("POST", "/clock", { forward_seconds: LEAPS[button.dataset.leap]() }));
}
setInterval(tick, SECOND);
