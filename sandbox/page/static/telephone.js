// What lies on the client's phone: WhatsApp and SMS, with links to be opened, and what he writes back.

import { conversation } from "./chat.js";
import { el, send, sync } from "./dom.js";
import { clock } from "./times.js";
import { face } from "./clients.js";

const NAMES = { whatsapp: "WhatsApp", sms: "SMS" };
const form = document.getElementById("telephone-form");
const opened = new Set();
let holder = null;

function equip(client, channel) {
  const body = { [channel]: !client[channel] };
  for (const phone of client.phones) send("PUT", `/phones/${phone.slice(1)}`, body);
}

function reachable(client, channel) {
  return el("button", {
    type: "button", role: "switch", class: "reach", "aria-checked": String(client[channel]),
    title: `${NAMES[channel]}: ${client[channel] ? "доходит до этого номера" : "до этого номера не доходит"}`,
    onclick: () => equip(client, channel),
  }, el("i", {}), NAMES[channel]);
}

export function telephoneHead(client) {
  const { key, name, phones, whatsapp, sms } = client;
  sync(document.getElementById("telephone-head"), [{ key, name, phones, whatsapp, sms }], (item) =>
    el("div", { class: "head-row" }, face(item),
      el("span", { class: "who-text" }, el("b", {}, `Телефон: ${item.name.split(" ")[0]}`), el("small", {}, item.phones.join(", "))),
      el("span", { class: "reaches" }, reachable(item, "whatsapp"), reachable(item, "sms"))));
}

function opening(url, label, css) {
  return el("a", { class: css, href: url, target: "_blank", rel: "noopener" }, label);
}

// Telephones make addresses in a text tappable; the sandbox says which ones.
function linked(text, links) {
  const parts = [];
  let rest = text;
  for (const url of links) {
    const at = rest.indexOf(url);
    if (at < 0) continue;
    parts.push(rest.slice(0, at), opening(url, url, ""));
    rest = rest.slice(at + url.length);
  }
  return [...parts, rest];
}

function quick(item) {
  return Object.keys(item.replies).map((label) => el("button", {
    type: "button", class: "key answer-here",
    onclick: () => send("POST", `/phones/${item.phone.slice(1)}/reply`, { message: item.key, button: label, name: holder.name }),
  }, label));
}

function arrival(item) {
  const outside = item.links.filter((url) => !item.text.includes(url));
  const keys = [...outside.map((url) => opening(url, item.button || "Открыть", "key link")), ...quick(item)];
  return el("div", { class: `row by-${item.channel}` },
    el("div", { class: "bubble" },
      el("b", { class: "name" }, item.sender, el("small", {}, NAMES[item.channel])),
      el("div", { class: "text" }, linked(item.text, item.links)),
      el("span", { class: "stamp" }, el("time", { "data-at": item.at }, clock(item.at)))),
    keys.length > 0 && el("div", { class: "keyboard" }, keys));
}

// One tick: WhatsApp has it. Two: Switchboard has taken the webhook.
function written(item) {
  return el("div", { class: "row mine" },
    el("div", { class: "bubble" },
      el("div", { class: "text" }, item.text || "…"),
      el("span", { class: "stamp" }, el("time", { "data-at": item.at }, clock(item.at)),
        el("i", { class: "ticks", title: item.taken ? "Switchboard получил" : "Switchboard ещё не получил" },
          item.taken ? "✓✓" : "✓"))));
}

// Whoever looks at his telephone has opened the chat; the sandbox hears of each message once.
function read(client) {
  const unread = client.arrivals.filter((item) => item.channel === "whatsapp" && item.status !== "read" && !opened.has(item.id));
  if (document.hidden || unread.length === 0) return;
  for (const item of unread) opened.add(item.id);
  for (const phone of new Set(unread.map((item) => item.phone))) send("POST", `/phones/${phone.slice(1)}/read`);
}

function composer(client) {
  form.hidden = !client.whatsapp;
  const note = client.whatsapp && client.window_until ? [{ key: "window", until: client.window_until }] : [];
  sync(document.getElementById("telephone-window"), note, (item) =>
    el("p", { title: "Клиент писал: до тех пор ему можно отвечать не только шаблонами" }, "Окно 24 часа: до ",
      el("time", { "data-at": item.until }, clock(item.until))));
}

export function telephone(client) {
  holder = client;
  telephoneHead(client);
  // Before the messages, which are to end above it.
  composer(client);
  const items = [
    ...client.arrivals.map((item) => ({ key: item.id, ...item, status: null })),
    ...client.written.map((item) => ({ key: item.id, ...item, mine: true })),
  ].sort((one, other) => one.at - other.at);
  conversation(document.getElementById("telephone-messages"), items,
    (item) => (item.mine ? written(item) : arrival(item)),
    client.telegram ? "Сюда придёт WhatsApp или SMS, если бот не знает этого клиента в Telegram."
      : "Telegram у клиента нет: сюда придёт WhatsApp, а без него SMS.");
  read(client);
}

form.addEventListener("submit", (event) => {
  event.preventDefault();
  const input = form.querySelector("input");
  const text = input.value.trim();
  if (!text) return;
  // He answers from the number that he was written to.
  const to = holder.arrivals.findLast((item) => item.channel === "whatsapp")?.phone ?? holder.phones[0];
  send("POST", `/phones/${to.slice(1)}/write`, { text, name: holder.name });
  input.value = "";
});
