import { card, column, fill, mover } from "./columns.js";
import { el, rubles, send } from "./dom.js";
import { due } from "./times.js";

const CLOSING = new Set([142, 143]);
const columns = new Map();

function move(deal, stageId) {
  if (deal.status_id !== stageId) send("POST", `/deals/${deal.id}/move`, { status_id: stageId });
}

function worker(deal) {
  if (!deal.worker && !deal.responsible_changed) return null;
  return el("div", { class: "card-worker" },
    el("span", { class: "by", title: "Записано через API, без участия менеджера" }, "записал Switchboard"),
    deal.worker && el("p", {}, el("b", {}, deal.worker), deal.login && el("span", {}, ` ${deal.login}`)),
    deal.responsible_changed && el("p", {}, `Ответственный: ${deal.responsible}`));
}

function dealCard(deal, stages) {
  const options = stages.map((stage) =>
    el("option", { value: stage.id, selected: stage.id === deal.status_id }, stage.name));
  return card(deal, "",
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
    el("div", { class: "card-foot" }, el("span", {}, deal.client),
      mover(deal.name, options, (stage) => move(deal, Number(stage)))));
}

function place(stage) {
  const hint = stage.key === "search" ? "Перетащите сделку сюда" : "Пусто";
  const node = column({ ...stage, css: `stage-${stage.key}`, hint }, (deal) => move(deal, stage.id));
  columns.set(stage.id, node);
  document.getElementById(CLOSING.has(stage.id) ? "closing" : "columns").append(node);
}

export function board(state, step) {
  for (const stage of state.stages) {
    if (!columns.has(stage.id)) place(stage);
    const deals = state.deals.filter((deal) => deal.status_id === stage.id);
    fill(columns.get(stage.id), deals, (deal) => dealCard(deal, state.stages),
      stage.key === "search" && step === 0);
  }
}
