// Switches for what goes wrong, and the journal in plain words.

import { el, send, sync } from "./dom.js";
import { clock } from "./times.js";

const HOUR = 3600;

const active = (state, provider, kind) =>
  state.faults[provider].active.some((fault) => fault.kind === kind);

export function fault(provider, kind, label, note, more = () => ({})) {
  return {
    label, note,
    on: (state) => active(state, provider, kind),
    flip: (state, on) => (on
      ? send("PUT", `/faults/${provider}`, { kind, seconds: HOUR, ...more(state) })
      : fetch(`/control/faults/${provider}?kind=${kind}`, {
        method: "DELETE", headers: { "Content-Type": "application/json" } })),
  };
}

function toggle(one, item, state) {
  return el("button", {
    type: "button", class: "switch", role: "switch", "aria-checked": String(item.on),
    onclick: () => one.flip(state, !item.on),
  }, el("span", {}, el("b", {}, one.label), el("small", {}, one.note)), el("i", {}));
}

function action(one) {
  return el("button", {
    type: "button", class: one.css, disabled: !one.ready, title: one.title ?? null, onclick: one.act,
  }, one.css === "race"
    ? [el("b", {}, one.label), el("small", {}, one.note)]
    : el("span", {}, el("b", {}, one.label), el("small", {}, one.note)));
}

// A list of faults with `on` and `flip`, and of actions with `act` and what they depend on.
export function switches(state, troubles) {
  const items = troubles.map((one) => (one.flip
    ? { key: one.label, on: one.on(state) }
    : { key: one.label, ready: one.ready, note: one.note, depends: one.depends }));
  sync(document.getElementById("switches"), items, (item) => {
    const one = troubles.find((trouble) => trouble.label === item.key);
    return one.flip ? toggle(one, item, state) : action(one);
  });
}

export function log(state) {
  const seconds = { hour: "2-digit", minute: "2-digit", second: "2-digit" };
  const lines = [...state.log].reverse().map((line) => ({ key: line.number, ...line }));
  const shown = lines.length ? lines : [{ key: "none", none: true }];
  document.getElementById("log-count").textContent = lines.length ? "новое сверху" : "";
  sync(document.getElementById("log"), shown, (line) => line.none
    ? el("li", { class: "nothing" }, "Здесь обычными словами появится всё, что делают люди, бот и CRM.")
    : el("li", { class: `line of-${line.kind} ${line.bad ? "bad" : ""}` },
      el("time", {}, clock(line.at, seconds)), el("i", {}), el("span", {}, line.text)));
}
