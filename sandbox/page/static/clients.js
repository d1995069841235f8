// The row of clients: whose chat, phone and account are looked at.

import { el, sync } from "./dom.js";

export const initials = (name) => name.split(" ").map((word) => word[0]).join("").slice(0, 2);

export const tone = (client) => Number(client.key.slice(-2)) % 4;

export function face(client) {
  return el("span", { class: `avatar tone-${tone(client)}`, "aria-hidden": "true" }, initials(client.name));
}

function reach(client) {
  const { telegram } = client;
  if (!telegram) return "без Telegram";
  if (telegram.blocked) return "закрыл бота";
  if (telegram.messages.some((message) => message.contact)) return "бот знаком";
  return "бот не знаком";
}

export function incoming(client) {
  const chat = client.telegram?.messages.filter((message) => message.bot).length ?? 0;
  return chat + client.arrivals.length;
}

export function clients(list, chosen, unread, choose) {
  const items = list.map((client) => ({
    key: client.key, name: client.name, reach: reach(client), unread: unread(client), chosen: client.key === chosen,
  }));
  sync(document.getElementById("clients"), items, (item) => el("button", {
    type: "button", role: "radio", class: "client", "aria-checked": String(item.chosen),
    tabindex: item.chosen ? "0" : "-1", onclick: () => choose(item.key),
  },
  face(item),
  el("span", { class: "who-text" }, el("b", {}, item.name), el("small", {}, item.reach)),
  item.unread > 0 && el("i", { class: "badge", title: "Новые сообщения" }, item.unread)));
}
