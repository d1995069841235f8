// The second branch: a closed deal in Bitrix24, three scores, a review, a bonus.

import { account } from "./account.js";
import { composer, messages } from "./chat.js";
import { clients, face, incoming } from "./clients.js";
import { el, send, sync } from "./dom.js";
import { guide } from "./guide.js";
import { hours } from "./hours.js";
import { portal } from "./portal.js";
import { HINTS, stepOf } from "./reviews_story.js";
import { reviewsTroubles } from "./reviews_trouble.js";
import { telephone } from "./telephone.js";
import { refresh } from "./times.js";
import { switches } from "./trouble.js";

const BOT = "tyres";
const byId = (id) => document.getElementById(id);
const seen = new Map();
let state = null;
let chosen = null;

const current = () =>
  state.tyres.clients.find((client) => client.key === chosen) ?? state.tyres.clients[0];

function unread(client) {
  if (client.key === chosen) seen.set(client.key, incoming(client));
  return Math.max(0, incoming(client) - (seen.get(client.key) ?? 0));
}

function choose(key) {
  // A card may name another of the client's numbers.
  const found = state.tyres.clients.find((client) => client.key === key)
    ?? state.tyres.clients.find((client) => client.phones.includes(`+${key}`));
  if (!found) return;
  chosen = found.key;
  render(state);
  refresh();
  const row = byId("clients");
  const card = row.querySelector("[aria-checked=true]");
  row.scrollLeft = card.offsetLeft - row.offsetLeft - (row.clientWidth - card.offsetWidth) / 2;
}

function telegramHead(client) {
  const { id, username, started, blocked } = client.telegram;
  sync(byId("telegram-head"), [{ key: id, name: client.name, client: client.key, username, started, blocked }], (item) =>
    el("div", { class: "head-row" }, face({ key: item.client, name: item.name }),
      el("span", { class: "who-text" },
        el("b", {}, `Telegram: ${item.name.split(" ")[0]}`),
        el("small", {}, item.username ? `@${item.username}` : "без логина")),
      item.started && el("button", {
        type: "button", class: "quiet tiny",
        onclick: () => send("POST", "/telegram/people",
          { bot: BOT, user_id: item.key, does: item.blocked ? "unblock" : "block" }),
      }, item.blocked ? "Разблокировать бота" : "Заблокировать бота")));
}

function share(user, foreign) {
  send("POST", "/telegram/contact", { bot: BOT, user_id: user, foreign });
}

function keys({ id, keyboard }) {
  const asked = keyboard.flat().some((button) => button.request_contact);
  const rows = keyboard.map((row, at) => ({ key: `${id}:${at}`, user: id, row }));
  const shown = asked ? [...rows, { key: `${id}:foreign`, user: id, foreign: true }] : rows;
  sync(byId("telegram-keys"), shown, (item) => (item.foreign
    ? el("div", { class: "keys" }, el("button", { type: "button", class: "reply other", onclick: () => share(item.user, true) }, "Послать чужой контакт"))
    : el("div", { class: "keys" }, item.row.map((button) => el("button", {
      type: "button", class: "reply",
      onclick: () => (button.request_contact ? share(item.user, false)
        : send("POST", "/say", { bot: BOT, user_id: item.user, text: button.text })),
    }, button.text)))));
}

function toast({ id, press }) {
  const said = press?.answer?.text;
  sync(byId("telegram-toast"), said ? [{ key: press.id, said }] : [], (item) => el("p", {}, item.said));
}

function telegram(client) {
  const person = client.telegram;
  byId("telegram").hidden = !person;
  byId("devices").classList.toggle("phone-only", !person);
  if (!person) return;
  telegramHead(client);
  const talk = { me: person.id, actor: () => [person.id], username: state.tyres.bot.username, bot: BOT };
  messages(byId("telegram-messages"), person.messages, talk,
    "Бот не может написать первым: сначала клиент нажимает «Начать».");
  // An empty chat shows nothing but the button, as in Telegram.
  const closed = !person.started || person.blocked || person.messages.length === 0;
  byId("telegram-start").hidden = !closed;
  byId("telegram-form").hidden = closed;
  byId("telegram-start-button").textContent = person.blocked ? "Перезапустить" : "Начать";
  keys(closed ? { ...person, keyboard: [] } : person);
  toast(person);
}

function offer(client) {
  const button = byId("portal-new");
  button.textContent = `Новая сделка: ${client.name.split(" ")[0]}`;
  button.hidden = client.cards.length === 0;
}

export function render(fresh) {
  state = fresh;
  chosen ??= state.tyres.clients[0].key;
  const client = current();
  const step = stepOf(state.tyres);
  guide(HINTS, step);
  hours(state.clock, step === 2);
  portal(state.tyres, step, choose);
  offer(client);
  clients(state.tyres.clients, client.key, unread, choose);
  telegram(client);
  telephone(client);
  account(client, state.tyres.sites);
  switches(state, reviewsTroubles(state, client));
}

export const forget = () => seen.clear();

composer(byId("telegram-form"), () => ({ bot: BOT, user_id: current().telegram.id }));
byId("telegram-start-button").addEventListener("click", () =>
  send("POST", "/start", { bot: BOT, user_id: current().telegram.id }));

byId("portal-new").addEventListener("click", () => send("POST", "/bitrix24/deals",
  { contact_id: current().cards[0], title: "Балансировка, четыре колеса", amount: 2400, category: "Шиномонтаж" }));

byId("clients").addEventListener("keydown", (event) => {
  const step = { ArrowRight: 1, ArrowDown: 1, ArrowLeft: -1, ArrowUp: -1 }[event.key];
  if (!step) return;
  event.preventDefault();
  const order = state.tyres.clients.map((client) => client.key);
  choose(order[(order.indexOf(current().key) + step + order.length) % order.length]);
  document.querySelector("#clients [aria-checked=true]").focus();
});
