// Elements without a framework: build one, or keep a list in step with its data.

export function el(tag, attributes = {}, ...children) {
  const node = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) {
    if (value === undefined || value === null || value === false) continue;
    if (name.startsWith("on")) node.addEventListener(name.slice(2), value);
    else if (name === "html") node.innerHTML = value;
    else node.setAttribute(name, value === true ? "" : value);
  }
  node.append(...children.flat().filter((child) => child !== null && child !== undefined && child !== false));
  return node;
}

// Only what changed is built anew, so focus, scroll and running animations survive an update.
export function sync(container, items, build) {
  const first = !container.dataset.synced;
  container.dataset.synced = "yes";
  const known = new Map([...container.children].map((node) => [node.dataset.key, node]));
  let place = container.firstElementChild;
  for (const item of items) {
    const key = String(item.key);
    const print = JSON.stringify(item);
    let node = known.get(key);
    if (!node || node.dataset.print !== print) {
      const made = build(item);
      made.dataset.key = key;
      made.dataset.print = print;
      if (node) {
        if (place === node) place = made;
        made.classList.add("changed");
        node.replaceWith(made);
      } else if (!first) {
        made.classList.add("arrived");
      }
      node = made;
    }
    known.delete(key);
    if (node === place) place = place.nextElementSibling;
    else container.insertBefore(node, place);
  }
  for (const node of known.values()) node.remove();
}

export async function send(method, path, body = {}) {
  const answer = await fetch(`/control${path}`, {
    method,
    headers: { "Content-Type": "application/json" },
    body: JSON.stringify(body),
  });
  if (!answer.ok) console.warn(path, await answer.text());
  return answer;
}

export const rubles = (value) => `${Number(value).toLocaleString("ru-RU")} ₽`;

export function plural(number, one, few, many) {
  const tail = Math.abs(number) % 100;
  if (tail > 10 && tail < 20) return many;
  return { 1: one, 2: few, 3: few, 4: few }[tail % 10] ?? many;
}
