// Bitrix24's board: the funnel of the service points, and the tyre store as one column.

import { card, column, fill, mover } from "./columns.js";
import { el, plural, rubles, send } from "./dom.js";
import { due } from "./times.js";

const GENERAL = 0;
const columns = new Map();
const opened = new Set();

function move(deal, stage) {
  if (deal.stage !== stage) send("POST", `/bitrix24/deals/${deal.id}/move`, { stage });
}

function score({ title, value }) {
  const tone = value >= 8 ? "good" : value <= 5 ? "poor" : "fair";
  return el("li", { class: tone }, el("span", {}, title), el("b", {}, value));
}

function results(deal) {
  const known = deal.average !== null && deal.average !== undefined;
  const facts = [
    deal.variant && `вариант ${deal.variant}`,
    deal.review && `отзыв: ${deal.review}`,
    deal.bonus && `к списанию: ${deal.bonus} ${plural(deal.bonus, "бонус", "бонуса", "бонусов")}`,
  ].filter(Boolean);
  if (!known && !deal.scores.length && !facts.length) return null;
  return el("div", { class: "card-results" },
    el("span", { class: "by", title: "Записано через API, без участия администратора" }, "записал Switchboard"),
    el("div", { class: "grades" },
      known && el("p", { class: `average ${deal.average >= 8 ? "good" : "poor"}` },
        el("b", {}, Number(deal.average).toLocaleString("ru-RU")), el("span", {}, "средняя")),
      deal.scores.length > 0 && el("ul", { class: "scores", "aria-label": "Оценки" }, deal.scores.map(score))),
    facts.length > 0 && el("p", { class: "chips" }, facts.map((fact) => el("span", {}, fact))),
    deal.answers && el("details", {
      open: opened.has(deal.id),
      ontoggle: (event) => opened[event.target.open ? "add" : "delete"](deal.id),
    }, el("summary", {}, "Ответы клиента"), el("p", {}, deal.answers)));
}

function task({ title, description, deadline, responsible }) {
  return el("li", { title: description || null }, title,
    el("small", {}, `${responsible} · до ${due(deadline)}`));
}

function client(deal, choose) {
  if (!deal.client) return el("p", { class: "card-client missing" }, "клиент не указан");
  const phone = deal.phones.join(", ");
  return el("p", { class: "card-client" },
    deal.client_key
      ? el("button", { type: "button", onclick: () => choose(deal.client_key), title: "Показать телефон клиента" }, deal.client)
      : el("span", {}, deal.client),
    phone ? el("small", {}, phone) : el("small", { class: "missing" }, "без телефона"));
}

function dealCard(deal, tyres, choose) {
  const options = tyres.funnels.map((funnel) => el("optgroup", { label: funnel.name },
    tyres.stages.filter((stage) => stage.category === funnel.id).map((stage) =>
      el("option", { value: stage.id, selected: stage.id === deal.stage }, stage.name))));
  return card(deal, "deal",
    el("h3", {}, deal.title),
    client(deal, choose),
    el("p", { class: "facts" },
      el("b", {}, rubles(deal.amount)),
      deal.price_by_api && el("span", { class: "repriced" }, "цену пересчитал Switchboard")),
    el("p", { class: "chips" },
      deal.category && el("span", { class: "place" }, deal.category),
      deal.time_zone && el("span", {}, deal.time_zone)),
    results(deal),
    deal.comments.length > 0 && el("ul", { class: "notes", "aria-label": "Лента сделки" },
      deal.comments.slice(-3).map((text) => el("li", {}, text))),
    deal.tasks.length > 0 && el("ul", { class: "tasks", "aria-label": "Задачи" }, deal.tasks.slice(-3).map(task)),
    el("div", { class: "card-foot" }, el("span", { title: "Ответственный" }, deal.responsible),
      mover(deal.title, options, (stage) => move(deal, stage))));
}

// Where a stage stands: the first and the good end have columns of their own.
function place(stage, first) {
  if (stage.semantic === "F") return "portal-closing";
  return stage === first || stage.semantic === "S" ? "portal-columns" : "portal-stack";
}

function build(tyres) {
  const general = tyres.stages.filter((stage) => stage.category === GENERAL);
  const css = (stage) => `portal-${stage.id.toLowerCase()}`;
  for (const stage of general) {
    const hint = stage.semantic === "S" ? "Перетащите сделку сюда" : "Пусто";
    const node = column({ ...stage, css: css(stage), hint }, (deal) => move(deal, stage.id));
    columns.set(stage.id, node);
    const home = document.getElementById(place(stage, general[0]));
    // The stack, which is there already, stands between the first column and the last.
    if (stage === general[0]) home.prepend(node);
    else home.append(node);
  }
  for (const funnel of tyres.funnels.filter((one) => one.id !== GENERAL)) {
    const [first] = tyres.stages.filter((stage) => stage.category === funnel.id);
    const node = column({ name: `Воронка «${funnel.name}»`, color: "#8a78c0", css: `funnel-${funnel.id}` },
      (deal) => move(deal, first.id));
    columns.set(`funnel ${funnel.id}`, node);
    document.getElementById("portal-closing").append(node);
  }
}

export function portal(tyres, step, choose) {
  if (!columns.size) build(tyres);
  const stages = new Map(tyres.stages.map((stage) => [stage.id, stage]));
  const made = (deal) => dealCard(deal, tyres, choose);
  for (const [key, node] of columns) {
    const here = tyres.deals.filter((deal) => stages.has(key)
      ? deal.stage === key : `funnel ${stages.get(deal.stage).category}` === key);
    fill(node, here, made, stages.get(key)?.semantic === "S" && step === 1);
  }
}
