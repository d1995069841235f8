import { send } from "./dom.js";
import { fault } from "./trouble.js";

const FAULTS = [
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

export function dispatchTroubles(state) {
  const race = raceOf(state);
  const migrated = state.group.type === "supergroup";
  return [
    {
      label: "Все трое жмут одновременно", note: "победит ровно один", css: "race",
      ready: race !== null, depends: race, title: race ? "" : "Сначала нужен заказ в группе",
      act: () => send("POST", "/presses", { ...race, users: state.workers.map((w) => w.id) }),
    },
    ...FAULTS,
    {
      label: "Группа → супергруппа", note: migrated ? "уже супергруппа" : "у чата сменится номер",
      css: "switch once", ready: !migrated, act: () => send("POST", "/telegram/migrate"),
    },
  ];
}
