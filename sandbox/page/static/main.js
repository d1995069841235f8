import { board, dragging } from "./board.js";
import { messages } from "./chat.js";
import { send } from "./dom.js";
import { people, phoneHead, plainHead } from "./people.js";
import { stepOf, story } from "./story.js";
import { log, trouble } from "./trouble.js";

let state = JSON.parse(document.getElementById("start").textContent);
let chosen = state.workers[0].id;
let phoneOf = chosen;
const seen = new Map();

const byId = (id) => document.getElementById(id);
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
  render();
}

function members(group) {
  const kind = group.type === "supergroup" ? "супергруппа" : "группа";
  return `${kind} · участников: ${group.members}`;
}

function chats() {
  const bot = state.bot.username;
  const worker = holder();
  plainHead("group-head", state.group.title, members(state.group));
  messages(byId("group-messages"), state.group.messages, chosen, actors, bot,
    "Пока тихо. Заказ появится здесь, когда сделка попадёт в «Поиск исполнителя».");
  phoneHead(state, worker);
  const silent = worker.started
    ? "Личных сообщений ещё нет." : "Бот не может написать первым: сначала нужно нажать «Начать».";
  messages(byId("phone-messages"), worker.messages, worker.id, () => [worker.id], bot, silent);
  byId("phone-start").hidden = worker.started && !worker.blocked;
  byId("phone-form").hidden = !worker.started || worker.blocked;
  byId("start-button").textContent = worker.blocked ? "Перезапустить" : "Начать";
  plainHead("manager-head", `Менеджер: ${state.manager.first_name}`, "уведомления от бота", state.manager);
  messages(byId("manager-messages"), state.manager.messages, state.manager.id,
    () => [state.manager.id], bot, "Когда исполнитель найдётся, менеджер узнает здесь.");
  const writer = state.workers.find((one) => one.id === chosen) ?? worker;
  byId("group-text").placeholder = `Написать в группу: ${writer.first_name}`;
  byId("phone-text").placeholder = "Написать боту";
}

function render() {
  const step = stepOf(state);
  story(step);
  board(state, step);
  people(state, chosen, unread, choose);
  chats();
  trouble(state);
  log(state);
}

function composer(form, input, body) {
  byId(form).addEventListener("submit", (event) => {
    event.preventDefault();
    const text = byId(input).value.trim();
    if (!text) return;
    send("POST", "/say", { ...body(), text });
    byId(input).value = "";
  });
}

composer("group-form", "group-text", () => ({ user_id: actors().length === 1 ? chosen : phoneOf }));
composer("phone-form", "phone-text", () => ({ user_id: phoneOf, chat_id: phoneOf }));
byId("start-button").addEventListener("click", () => send("POST", "/start", { user_id: phoneOf }));
byId("reset").addEventListener("click", () => { seen.clear(); send("POST", "/reset"); });
document.addEventListener("dropped", render);

byId("people").addEventListener("keydown", (event) => {
  const step = { ArrowRight: 1, ArrowDown: 1, ArrowLeft: -1, ArrowUp: -1 }[event.key];
  if (!step) return;
  event.preventDefault();
  const order = [...state.workers.map((worker) => worker.id), "all"];
  choose(order[(order.indexOf(chosen) + step + order.length) % order.length]);
  document.querySelector("#people [aria-checked=true]").focus();
});

const stream = new EventSource("/events");
stream.onopen = () => byId("live").classList.add("on");
stream.onerror = () => byId("live").classList.remove("on");
stream.onmessage = (event) => {
  state = JSON.parse(event.data);
  // A card that is being dragged must not be replaced under the pointer.
  if (!dragging()) render();
};
render();
