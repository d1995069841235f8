// The first branch: a deal in amoCRM, workers in a group, exactly one of them takes it.

import { board } from "./board.js";
import { composer, messages } from "./chat.js";
import { send } from "./dom.js";
import { people, phoneHead, plainHead } from "./people.js";
import { guide } from "./guide.js";
import { HINTS, stepOf } from "./dispatch_story.js";
import { switches } from "./trouble.js";
import { dispatchTroubles } from "./dispatch_trouble.js";

const byId = (id) => document.getElementById(id);
const seen = new Map();
let state = null;
let chosen = null;
let phoneOf = null;

const holder = () => state.workers.find((worker) => worker.id === phoneOf);
const actors = () => (chosen === "all" ? state.workers.map((worker) => worker.id) : [chosen]);

function unread(person) {
  const incoming = person.messages.filter((message) => message.bot).length;
  if (person.id === phoneOf) seen.set(person.id, incoming);
  return Math.max(0, incoming - (seen.get(person.id) ?? 0));
}

function choose(who) {
  chosen = who;
  if (who !== "all") phoneOf = who;
  render(state);
}

function members(group) {
  const kind = group.type === "supergroup" ? "супергруппа" : "группа";
  return `${kind} · участников: ${group.members}`;
}

const talk = (me, actor) => ({ me, actor, username: state.bot.username, bot: "demo" });

function chats() {
  const worker = holder();
  plainHead("group-head", state.group.title, members(state.group));
  messages(byId("group-messages"), state.group.messages, talk(chosen, actors),
    "Пока тихо. Заказ появится здесь, когда сделка попадёт в «Поиск исполнителя».");
  phoneHead(state, worker);
  const silent = worker.started
    ? "Личных сообщений ещё нет." : "Бот не может написать первым: сначала нужно нажать «Начать».";
  messages(byId("phone-messages"), worker.messages, talk(worker.id, () => [phoneOf]), silent);
  byId("phone-start").hidden = worker.started && !worker.blocked;
  byId("phone-form").hidden = !worker.started || worker.blocked;
  byId("start-button").textContent = worker.blocked ? "Перезапустить" : "Начать";
  plainHead("manager-head", `Менеджер: ${state.manager.first_name}`, "уведомления от бота", state.manager);
  messages(byId("manager-messages"), state.manager.messages,
    talk(state.manager.id, () => [state.manager.id]), "Когда исполнитель найдётся, менеджер узнает здесь.");
  const writer = state.workers.find((one) => one.id === chosen) ?? worker;
  byId("group-text").placeholder = `Написать в группу: ${writer.first_name}`;
  byId("phone-text").placeholder = "Написать боту";
}

export function render(fresh) {
  state = fresh;
  chosen ??= state.workers[0].id;
  phoneOf ??= chosen;
  const step = stepOf(state);
  guide(HINTS, step);
  board(state, step);
  people(state, chosen, unread, choose);
  chats();
  switches(state, dispatchTroubles(state));
}

export const forget = () => seen.clear();

composer(byId("group-form"), () => ({ user_id: actors().length === 1 ? chosen : phoneOf }));
composer(byId("phone-form"), () => ({ user_id: phoneOf, chat_id: phoneOf }));
byId("start-button").addEventListener("click", () => send("POST", "/start", { user_id: phoneOf }));

byId("people").addEventListener("keydown", (event) => {
  const step = { ArrowRight: 1, ArrowDown: 1, ArrowLeft: -1, ArrowUp: -1 }[event.key];
  if (!step) return;
  event.preventDefault();
  const order = [...state.workers.map((worker) => worker.id), "all"];
  choose(order[(order.indexOf(chosen) + step + order.length) % order.length]);
  document.querySelector("#people [aria-checked=true]").focus();
});
