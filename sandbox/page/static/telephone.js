// What lies on the client's phone: WhatsApp and SMS, with links to be opened.

import { conversation } from "./chat.js";
import { el, send, sync } from "./dom.js";
import { clock } from "./times.js";
import { face } from "./clients.js";

const NAMES = { whatsapp: "WhatsApp", sms: "SMS" };

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

function arrival(item) {
  const outside = item.links.filter((url) => !item.text.includes(url));
  return el("div", { class: `row by-${item.channel}` },
    el("div", { class: "bubble" },
      el("b", { class: "name" }, item.sender, el("small", {}, NAMES[item.channel])),
      el("div", { class: "text" }, linked(item.text, item.links)),
      el("span", { class: "stamp" }, el("time", { "data-at": item.at }, clock(item.at)))),
    outside.length > 0 && el("div", { class: "keyboard" },
      outside.map((url) => opening(url, item.button || "Открыть", "key link"))));
}

export function telephone(client) {
  telephoneHead(client);
  conversation(document.getElementById("telephone-messages"),
    client.arrivals.map((item) => ({ key: item.id, ...item })), arrival,
    client.telegram ? "Сюда придёт WhatsApp или SMS, если бот не знает этого клиента в Telegram."
      : "Telegram у клиента нет: сюда придёт WhatsApp, а без него SMS.");
}
