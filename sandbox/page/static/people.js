import { el, send, sync } from "./dom.js";

export const initials = (person) => `${person.first_name[0]}${person.last_name?.[0] ?? ""}`;

export function avatar(person, size = "") {
  return el("span", { class: `avatar ${size} tone-${person.id % 4}`, "aria-hidden": "true" }, initials(person));
}

function login(person) {
  const name = el("span", { class: "login" }, person.username ? `@${person.username}` : "без логина");
  if (person.blocked) return [name, el("em", { class: "off" }, "бот заблокирован")];
  return person.started ? [name] : [name, el("em", { class: "off" }, "без «Начать»")];
}

function answer(press) {
  if (!press) return el("p", { class: "answer none" }, "ответов пока нет");
  if (!press.answer) return el("p", { class: "answer waiting" }, "ждёт ответа…");
  const said = press.answer.text || "нажатие принято";
  const kind = press.answer.show_alert ? "alert" : "toast";
  return el("p", { class: `answer ${kind}`, title: press.button },
    el("span", {}, said), el("small", {}, `${Math.round(press.answered_ms)} мс`));
}

function personCard(item, choose) {
  const { person, chosen, unread } = item;
  return el("button", {
    type: "button", role: "radio", class: "person", "aria-checked": String(chosen),
    onclick: () => choose(person.id),
  },
  el("span", { class: "who" }, avatar(person),
    el("span", { class: "who-text" },
      el("b", {}, `${person.first_name} ${person.last_name}`),
      el("small", {}, login(person))),
    unread > 0 && el("i", { class: "badge", title: "Новые личные сообщения" }, unread)),
  answer(person.press));
}

export function people(state, chosen, unread, choose) {
  const single = state.workers.map((person) => ({
    key: person.id,
    person: { ...person, messages: undefined },
    chosen: chosen === person.id,
    unread: unread(person),
  }));
  const all = { key: "all", everyone: state.workers.map(({ id, first_name, last_name }) =>
    ({ id, first_name, last_name })), chosen: chosen === "all" };
  sync(document.getElementById("people"), [...single, all], (item) => {
    if (!item.everyone) return personCard(item, choose);
    return el("button", {
      type: "button", role: "radio", class: "person everyone", "aria-checked": String(item.chosen),
      title: "Любая кнопка будет нажата всеми тремя одновременно",
      onclick: () => choose("all"),
    },
    el("span", { class: "stack" }, item.everyone.map((person) =>
      el("span", { class: `avatar small tone-${person.id % 4}` }, person.first_name[0]))),
    el("b", {}, "Все трое сразу"));
  });
}

export function phoneHead(state, person) {
  const action = person.blocked ? "unblock" : "block";
  const label = person.blocked ? "Разблокировать бота" : "Заблокировать бота";
  sync(document.getElementById("phone-head"), [{ key: person.id, person: { ...person, messages: 0, press: 0 } }], () =>
    el("div", { class: "head-row" }, avatar(person),
      el("span", { class: "who-text" },
        el("b", {}, `Телефон: ${person.first_name}`),
        el("small", {}, "личный чат с ботом")),
      person.started && el("button", {
        type: "button", class: "quiet tiny",
        onclick: () => send("POST", "/telegram/people", { user_id: person.id, does: action }),
      }, label)));
}

export function plainHead(id, title, sub, person) {
  sync(document.getElementById(id), [{ key: id, title, sub }], () =>
    el("div", { class: "head-row" },
      person ? avatar(person) : el("span", { class: "avatar tone-group", "aria-hidden": "true" }, "И"),
      el("span", { class: "who-text" }, el("b", {}, title), el("small", {}, sub))));
}
