// One stream of the whole state; the open tab draws its part of it.

import * as dispatch from "./dispatch.js";
import * as reviews from "./reviews.js";
import { dragging } from "./columns.js";
import { send } from "./dom.js";
import { follow, refresh } from "./times.js";
import { log } from "./trouble.js";

const SCENES = { dispatch, reviews };
const NAMES = Object.keys(SCENES);
const MINUTE = 60_000;

const byId = (id) => document.getElementById(id);
let state = JSON.parse(byId("start").textContent);
let open = named(location.hash.slice(1));

function named(hash) {
  return NAMES.includes(hash) ? hash : NAMES[0];
}

function render() {
  follow(state.clock);
  SCENES[open].render(state);
  log(state);
  refresh();
}

function show(name) {
  open = name;
  document.body.dataset.scene = name;
  for (const one of NAMES) {
    const tab = byId(`tab-${one}`);
    tab.setAttribute("aria-selected", String(one === name));
    tab.tabIndex = one === name ? 0 : -1;
    byId(`scene-${one}`).hidden = one !== name;
  }
  // What stood there belongs to the other tab: nothing of it has "changed".
  byId("switches").replaceChildren();
  delete byId("switches").dataset.synced;
  render();
}

function go(name) {
  history.replaceState(null, "", `#${name}`);
  show(name);
}

for (const name of NAMES) byId(`tab-${name}`).addEventListener("click", () => go(name));
byId("tabs").addEventListener("keydown", (event) => {
  const step = { ArrowRight: 1, ArrowLeft: -1 }[event.key];
  if (!step) return;
  event.preventDefault();
  go(NAMES[(NAMES.indexOf(open) + step + NAMES.length) % NAMES.length]);
  byId(`tab-${open}`).focus();
});
window.addEventListener("hashchange", () => show(named(location.hash.slice(1))));
byId("reset").addEventListener("click", () => {
  for (const scene of Object.values(SCENES)) scene.forget();
  send("POST", "/reset");
});
document.addEventListener("dropped", render);

const stream = new EventSource("/events");
stream.onopen = () => byId("live").classList.add("on");
stream.onerror = () => byId("live").classList.remove("on");
stream.onmessage = (event) => {
  state = JSON.parse(event.data);
  // A card that is being dragged must not be replaced under the pointer.
  if (!dragging()) render();
};
show(open);
setInterval(refresh, MINUTE);
