import { clock, el, send, sync } from "./dom.js";

const HOUR = 3600;

const active = (state, provider, kind) =>
  state.faults[provider].active.some((fault) => fault.kind === kind);

function fault(provider, kind, label, note, more = () => ({})) {
  return {
    label, note,
    on: (state) => active(state, provider, kind),
    flip: (state, on) => (on
      ? send("PUT", `/faults/${provider}`, { kind, seconds: HOUR, ...more(state) })
      : fetch(`/control/faults/${provider}?kind=${kind}`, {
        method: "DELETE", headers: { "Content-Type": "application/json" } })),
  };
}

const SWITCHES = [
  fault("amocrm", "outage", "amoCRM не отвечает", "503 на каждый запрос"),
  fault("telegram", "too_many_requests", "Telegram: 429 в группе", "просит подождать 5 секунд",
    (state) => ({ chat_id: state.group.id, retry_after: 5 })),
  fault("amocrm", "lost_answer", "amoCRM теряет ответы", "делает, но обрывает связь"),
  fault("telegram", "outage", "Telegram не отвечает", "502 на каждый запрос"),
  {
    label: "Веб-хуки теряются", note: "CRM ничего не сообщает",
    on: (state) => state.hooks.losing,
    flip: (state, on) => send("PUT", "/amocrm/hooks", { lose: on ? 100000 : 0 }),
  },
];

function raceOf(state) {
  const posts = state.group.messages.filter((m) => m.rows.flat().some((b) => b.callback_data));
  const post = posts.at(-1);
  if (!post) return null;
  const buttons = post.rows.flat();
  const claim = buttons.findIndex((b) => b.callback_data && /забрать|взять/i.test(b.text));
  const last = buttons.findLastIndex((b) => b.callback_data);
  return { chat_id: post.chat_id, message_id: post.id, button: claim < 0 ? last : claim };
}

export function trouble(state) {
  const toggles = SWITCHES.map((one, at) => ({ key: at, on: one.on(state) }));
  const race = raceOf(state);
  const actions = [
    { key: "race", race },
    { key: "migrate", done: state.group.type === "supergroup" },
  ];
  sync(document.getElementById("switches"), [actions[0], ...toggles, actions[1]], (item) => {
    if (item.key === "race") {
      return el("button", {
        type: "button", class: "race", disabled: !race,
        title: race ? "" : "Сначала нужен заказ в группе",
        onclick: () => send("POST", "/presses", { ...race, users: state.workers.map((w) => w.id) }),
      }, el("b", {}, "Все трое жмут одновременно"), el("small", {}, "победит ровно один"));
    }
    if (item.key === "migrate") {
      return el("button", {
        type: "button", class: "switch once", disabled: item.done,
        onclick: () => send("POST", "/telegram/migrate"),
      }, el("span", {}, el("b", {}, "Группа → супергруппа"),
        el("small", {}, item.done ? "уже супергруппа" : "у чата сменится номер")));
    }
    const one = SWITCHES[item.key];
    return el("button", {
      type: "button", class: "switch", role: "switch", "aria-checked": String(item.on),
      onclick: () => one.flip(state, !item.on),
    }, el("span", {}, el("b", {}, one.label), el("small", {}, one.note)), el("i", {}));
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
