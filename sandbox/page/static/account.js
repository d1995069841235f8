// 1C's account of the client, the CRM's number beside it, and who came to the review sites.

import { el, plural, sync } from "./dom.js";
import { written } from "./times.js";

const bonuses = (number) => plural(number, "бонус", "бонуса", "бонусов");

function heads(client) {
  const { account, balance } = client;
  return el("div", { class: "balances" },
    el("p", { class: "balance" }, el("small", {}, "в 1С"),
      account ? el("b", {}, account.balance) : el("b", { class: "missing" }, "—"),
      el("span", {}, account ? bonuses(account.balance) : "нет карточки")),
    el("p", { class: "balance" }, el("small", {}, "в Битрикс24"),
      el("b", { class: balance === null ? "missing" : "" }, balance ?? "—"),
      el("span", {}, balance === null ? "поле пусто" : bonuses(balance))));
}

function movement(item) {
  if (item.none) return el("li", { class: "nothing" }, item.none);
  const about = [item.comment, item.until && `до ${written(item.until)}`].filter(Boolean).join(" · ");
  return el("li", { class: `movement ${item.points > 0 ? "plus" : "minus"} ${item.posted ? "" : "draft"}`, title: item.external_id || null },
    el("b", {}, `${item.points > 0 ? "+" : "−"}${Math.abs(item.points)}`),
    el("span", {}, about || "без комментария", !item.posted && el("small", {}, " не проведён")),
    el("small", {}, written(item.at)));
}

function sites(list) {
  sync(document.getElementById("sites"), list.map((site) => ({ key: site.slug, ...site })), (site) =>
    el("p", { class: "site" }, el("i", {}), el("b", {}, site.name),
      el("span", {}, `пришли: ${site.came}, отзывов: ${site.written}`)));
}

export function account(client, list) {
  const { key, account: card, balance } = client;
  sync(document.getElementById("account-head"), [{ key, name: card?.name, phone: card?.phone }], (item) =>
    el("div", { class: "head-row" }, el("span", { class: "avatar onec", "aria-hidden": "true" }, "1С"),
      el("span", { class: "who-text" }, el("b", {}, "Бонусный счёт"),
        el("small", {}, item.name ? `${item.name} · ${item.phone}` : "в 1С такого номера нет"))));
  sync(document.getElementById("balances"), [{ key, account: card && { balance: card.balance }, balance }], heads);
  const moves = card ? [...card.movements].reverse().map((one) => ({ key: one.id, ...one })) : [];
  const shown = moves.length ? moves : [{ key: "none", none: "Движений ещё не было." }];
  sync(document.getElementById("movements"), shown, movement);
  sites(list);
}
