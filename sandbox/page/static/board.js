import { el, rubles, send, sync } from "./dom.js";

let dragged = null;
export const dragging = () => dragged !== null;

const CLOSING = new Set([142, 143]);

function move(deal, stage) {
  if (deal.status_id !== stage.id) send("POST", `/deals/${deal.id}/move`, { status_id: stage.id });
}

function due(seconds) {
  if (!seconds) return null;
  const options = { timeZone: "Europe/Moscow", weekday: "short", day: "numeric", month: "short", hour: "2-digit", minute: "2-digit" };
  return new Date(seconds * 1000).toLocaleString("ru-RU", options);
}

function worker(deal) {
  if (!deal.worker && !deal.responsible_changed) return null;
  return el("div", { class: "card-worker" },
    el("span", { class: "by", title: "Записано через API, без участия менеджера" }, "записал Switchboard"),
    deal.worker && el("p", {}, el("b", {}, deal.worker), deal.login && el("span", {}, ` ${deal.login}`)),
    deal.responsible_changed && el("p", {}, `Ответственный: ${deal.responsible}`));
}

function card(deal, stages) {
  const options = stages.map((stage) =>
    el("option", { value: stage.id, selected: stage.id === deal.status_id }, stage.name));
  const select = el("select", {
    "aria-label": `Перенести сделку «${deal.name}» на этап`,
    onchange: (event) => move(deal, { id: Number(event.target.value) }),
  }, options);
  return el("article", {
    class: "card", draggable: "true",
    ondragstart: (event) => {
      dragged = deal;
      event.dataTransfer.effectAllowed = "move";
      event.dataTransfer.setData("text/plain", String(deal.id));
      event.currentTarget.classList.add("lifted");
      document.body.classList.add("dragging");
    },
    ondragend: (event) => {
      dragged = null;
      event.currentTarget.classList.remove("lifted");
      document.body.classList.remove("dragging");
      document.dispatchEvent(new CustomEvent("dropped"));
    },
  },
  el("h3", {}, deal.name),
  el("p", { class: "facts" },
    deal.pay && el("b", {}, rubles(deal.pay)),
    deal.deadline && el("span", {}, `до ${due(deal.deadline)}`)),
  el("p", { class: "terms" }, deal.conditions ?? ""),
  el("p", { class: "chips" },
    deal.district && el("span", { class: "place" }, deal.district),
    deal.skills.map((skill) => el("span", {}, skill))),
  worker(deal),
  deal.notes.length > 0 && el("ul", { class: "notes", "aria-label": "Примечания" },
    deal.notes.slice(-3).map((text) => el("li", {}, text))),
  deal.tasks.length > 0 && el("ul", { class: "tasks", "aria-label": "Задачи" },
    deal.tasks.slice(-3).map((text) => el("li", {}, text))),
  el("div", { class: "card-foot" }, el("span", {}, deal.client), el("label", { class: "mover" }, select)));
}

function column(stage) {
  const node = el("section", { class: `column stage-${stage.key}`, "aria-label": stage.name },
    el("header", {}, el("i", {}), el("h3", {}, stage.name), el("span", { class: "count" }, "")),
    el("div", { class: "cards" }),
    el("p", { class: "drop-here" }, stage.key === "search" ? "Перетащите сделку сюда" : "Пусто"));
  node.style.setProperty("--stage", stage.color);
  node.addEventListener("dragover", (event) => {
    if (!dragged) return;
    event.preventDefault();
    node.classList.add("over");
  });
  node.addEventListener("dragleave", (event) => {
    if (!node.contains(event.relatedTarget)) node.classList.remove("over");
  });
  node.addEventListener("drop", (event) => {
    event.preventDefault();
    node.classList.remove("over");
    if (dragged) move(dragged, stage);
  });
  return node;
}

const columns = new Map();

export function board(state, step) {
  for (const stage of state.stages) {
    if (!columns.has(stage.id)) {
      const node = column(stage);
      columns.set(stage.id, node);
      document.getElementById(CLOSING.has(stage.id) ? "closing" : "columns").append(node);
    }
    const node = columns.get(stage.id);
    const deals = state.deals.filter((deal) => deal.status_id === stage.id);
    node.querySelector(".count").textContent = deals.length || "";
    node.classList.toggle("empty", deals.length === 0);
    node.classList.toggle("inviting", stage.key === "search" && step === 0);
    sync(node.querySelector(".cards"), deals.map((deal) => ({ key: deal.id, ...deal })),
      (deal) => card(deal, state.stages));
  }
}
