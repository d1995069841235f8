import { send } from "./dom.js";
import { fault } from "./trouble.js";

const FAULTS = [
  fault("bitrix24", "outage", "Битрикс24 молчит", "502 на каждый запрос"),
  fault("bitrix24", "too_many_requests", "Битрикс24: лимит", "QUERY_LIMIT_EXCEEDED"),
  fault("bitrix24", "lost_answer", "Битрикс24: обрывы", "делает, но не отвечает"),
  {
    label: "Веб-хуки теряются", note: "Битрикс24 не сообщает",
    on: (state) => state.tyres.losing_hooks,
    flip: (state, on) => send("PUT", "/bitrix24/hooks", { lose: on ? 100000 : 0 }),
  },
  fault("onec", "outage", "1С молчит", "503 на каждый запрос"),
  fault("onec", "html", "1С: страница", "HTML вместо данных"),
  fault("onec", "unauthorized", "1С: пароль неверен", "401 на каждый запрос"),
  fault("onec", "lost_answer", "1С: обрывы", "делает, но не отвечает"),
  fault("whatsapp", "outage", "WhatsApp молчит", "503 на каждый запрос"),
  fault("sms", "outage", "SMSC молчит", "503 на каждый запрос"),
  fault("tyres_telegram", "outage", "Telegram молчит", "502 на каждый запрос"),
];

// The last review link that this client was sent.
function reviewLink(client) {
  const buttons = client?.telegram?.messages.flatMap((message) => message.rows.flat()) ?? [];
  const links = [
    ...buttons.filter((button) => button.url).map((button) => button.url),
    ...(client?.arrivals ?? []).flatMap((arrival) => arrival.links),
  ];
  return links.filter((url) => /\/r\/[A-Za-z0-9_-]+$/.test(url)).at(-1) ?? null;
}

export function reviewsTroubles(state, client) {
  const url = reviewLink(client);
  return [
    ...FAULTS,
    {
      label: "Роботы по ссылке", note: url ? "предпросмотры и сканеры" : "сначала нужна ссылка",
      css: "switch once robots", ready: url !== null, depends: url,
      act: () => send("POST", "/robots", { url }),
    },
  ];
}
