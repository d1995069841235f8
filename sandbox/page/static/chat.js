import { clock, el, send, sync } from "./dom.js";

// A link to the bot with ?start= is a press of Start with a payload; others open as usual.
export function startPayload(url, bot) {
  const match = /^(?:https?:\/\/)?t\.me\/([A-Za-z0-9_]+)(?:\?start=([A-Za-z0-9_-]*))?$/.exec(url);
  if (match && match[1].toLowerCase() === bot.toLowerCase()) return match[2] ?? "";
  const deep = /^tg:\/\/resolve\?domain=([A-Za-z0-9_]+)(?:&start=([A-Za-z0-9_-]*))?$/.exec(url);
  return deep && deep[1].toLowerCase() === bot.toLowerCase() ? deep[2] ?? "" : null;
}

function follow(url, actor, bot) {
  const payload = startPayload(url, bot);
  if (payload === null) window.open(url, "_blank", "noopener");
  else for (const user of actor()) send("POST", "/start", { user_id: user, payload });
}

function press(message, at, actor) {
  const users = actor();
  const body = { chat_id: message.chat_id, message_id: message.id, button: at };
  if (users.length === 1) send("POST", "/press", { ...body, user_id: users[0] });
  else send("POST", "/presses", { ...body, users });
}

function keyboard(message, actor, bot) {
  let at = -1;
  const rows = message.rows.map((row) => el("div", { class: "keys" }, row.map((button) => {
    at += 1;
    const place = at;
    if (button.url) {
      return el("button", { type: "button", class: "key link", onclick: () => follow(button.url, actor, bot) },
        button.text);
    }
    return el("button", { type: "button", class: "key", onclick: () => press(message, place, actor) }, button.text);
  })));
  return rows.length ? el("div", { class: "keyboard" }, rows) : null;
}

function bubble(message, me, actor, bot) {
  if (message.service) return el("p", { class: "service" }, message.service);
  const mine = message.from === me;
  const text = el("div", { class: "text", html: message.html });
  text.addEventListener("click", (event) => {
    const link = event.target.closest("a");
    if (!link) return;
    event.preventDefault();
    follow(link.getAttribute("href"), actor, bot);
  });
  const before = message.past.length ? `Было: ${message.past.at(-1)}` : null;
  return el("div", { class: `row ${mine ? "mine" : ""} ${message.bot ? "from-bot" : ""}` },
    el("div", { class: "bubble" },
      !mine && el("b", { class: `name tone-${message.bot ? 0 : message.from % 4}` }, message.name,
        message.bot && el("small", {}, "бот")),
      text,
      el("span", { class: "stamp", title: before }, message.edited && el("em", {}, "изменено "), clock(message.at))),
    keyboard(message, actor, bot));
}

export function messages(container, list, me, actor, bot, empty) {
  const near = container.scrollHeight - container.scrollTop - container.clientHeight < 120;
  const before = container.children.length;
  const items = list.map((message) => ({ key: `${message.chat_id}:${message.id}`, ...message }));
  const shown = items.length ? items : [{ key: "empty", empty }];
  sync(container, shown, (item) =>
    item.empty === undefined ? bubble(item, me, actor, bot) : el("p", { class: "nothing" }, item.empty));
  if (near || before === 0) container.scrollTop = container.scrollHeight;
}
