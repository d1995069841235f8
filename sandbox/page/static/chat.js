import { el, send, sync } from "./dom.js";
import { clock } from "./times.js";

// A link to the bot with ?start= is a press of Start with a payload; others open as usual.
export function startPayload(url, bot) {
  const match = /^(?:https?:\/\/)?t\.me\/([A-Za-z0-9_]+)(?:\?start=([A-Za-z0-9_-]*))?$/.exec(url);
  if (match && match[1].toLowerCase() === bot.toLowerCase()) return match[2] ?? "";
  const deep = /^tg:\/\/resolve\?domain=([A-Za-z0-9_]+)(?:&start=([A-Za-z0-9_-]*))?$/.exec(url);
  return deep && deep[1].toLowerCase() === bot.toLowerCase() ? deep[2] ?? "" : null;
}

// `talk`: who looks at the chat (me), who acts in it (actor), and with which bot.
function follow(url, talk) {
  const payload = startPayload(url, talk.username);
  if (payload === null) window.open(url, "_blank", "noopener");
  else for (const user of talk.actor()) send("POST", "/start", { bot: talk.bot, user_id: user, payload });
}

function press(message, at, talk) {
  const users = talk.actor();
  const body = { bot: talk.bot, chat_id: message.chat_id, message_id: message.id, button: at };
  if (users.length === 1) send("POST", "/press", { ...body, user_id: users[0] });
  else send("POST", "/presses", { ...body, users });
}

function key(button, place, message, talk) {
  if (!button.url) {
    return el("button", { type: "button", class: "key", onclick: () => press(message, place, talk) }, button.text);
  }
  if (startPayload(button.url, talk.username) === null) {
    return el("a", { class: "key link", href: button.url, target: "_blank", rel: "noopener" }, button.text);
  }
  return el("button", { type: "button", class: "key link", onclick: () => follow(button.url, talk) }, button.text);
}

function keyboard(message, talk) {
  let at = -1;
  const rows = message.rows.map((row) => el("div", { class: "keys" }, row.map((button) => {
    at += 1;
    return key(button, at, message, talk);
  })));
  return rows.length ? el("div", { class: "keyboard" }, rows) : null;
}

function content(message, talk) {
  const { contact } = message;
  if (contact) {
    return el("div", { class: "contact" },
      el("b", {}, `${contact.first_name} ${contact.last_name ?? ""}`.trim()),
      el("span", {}, `+${contact.phone_number.replace(/^\+/, "")}`));
  }
  const text = el("div", { class: "text", html: message.html });
  text.addEventListener("click", (event) => {
    const link = event.target.closest("a");
    if (!link) return;
    event.preventDefault();
    follow(link.getAttribute("href"), talk);
  });
  return text;
}

function bubble(message, talk) {
  if (message.service) return el("p", { class: "service" }, message.service);
  const mine = message.from === talk.me;
  const before = message.past.length ? `Было: ${message.past.at(-1)}` : null;
  return el("div", { class: `row ${mine ? "mine" : ""} ${message.bot ? "from-bot" : ""}` },
    el("div", { class: "bubble" },
      !mine && el("b", { class: `name tone-${message.bot ? 0 : message.from % 4}` }, message.name,
        message.bot && el("small", {}, "бот")),
      content(message, talk),
      el("span", { class: "stamp", title: before }, message.edited && el("em", {}, "изменено"),
        message.edited && " ", el("time", { "data-at": message.at }, clock(message.at)))),
    keyboard(message, talk));
}

// Keeps the end of the conversation in sight, unless the person has scrolled up to read.
export function conversation(container, items, build, empty) {
  const near = container.scrollHeight - container.scrollTop - container.clientHeight < 120;
  const before = container.children.length;
  const shown = items.length ? items : [{ key: "empty", empty }];
  sync(container, shown, (item) =>
    item.empty === undefined ? build(item) : el("p", { class: "nothing" }, item.empty));
  if (near || before === 0) container.scrollTop = container.scrollHeight;
}

export function messages(container, list, talk, empty) {
  const items = list.map((message) => ({ key: `${message.chat_id}:${message.id}`, ...message }));
  conversation(container, items, (item) => bubble(item, talk), empty);
}

export function composer(form, body) {
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    const input = form.querySelector("input");
    const text = input.value.trim();
    if (!text) return;
    send("POST", "/say", { ...body(), text });
    input.value = "";
  });
}
