// Columns of a board: cards are dragged between them, or moved by the list on the card.

import { el, sync } from "./dom.js";

let dragged = null;
export const dragging = () => dragged !== null;

export function card(deal, classes, ...children) {
  return el("article", {
    class: `card ${classes}`, draggable: "true",
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
  }, ...children);
}

export function mover(name, options, move) {
  return el("label", { class: "mover" }, el("select", {
    "aria-label": `Перенести сделку «${name}» на этап`,
    onchange: (event) => move(event.target.value),
  }, options));
}

export function column({ name, color, css, hint = "Пусто" }, drop) {
  const node = el("section", { class: `column ${css}`, "aria-label": name },
    el("header", {}, el("i", {}), el("h3", {}, name), el("span", { class: "count" }, "")),
    el("div", { class: "cards" }),
    el("p", { class: "drop-here" }, hint));
  node.style.setProperty("--stage", color);
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
    if (dragged) drop(dragged);
  });
  return node;
}

export function fill(node, deals, build, inviting) {
  node.querySelector(".count").textContent = deals.length || "";
  node.classList.toggle("empty", deals.length === 0);
  node.classList.toggle("inviting", inviting);
  sync(node.querySelector(".cards"), deals.map((deal) => ({ key: deal.id, ...deal })), build);
}
