// Moments by the demo's clock, which may be ahead of the real one, and by the wall clock of Moscow.

const ZONE = "Europe/Moscow";
let ahead = 0;

export const follow = (clock) => { ahead = clock.offset_seconds; };

export const now = () => Date.now() / 1000 + ahead;

const read = (seconds, options) =>
  new Date(seconds * 1000).toLocaleString("ru-RU", { timeZone: ZONE, ...options });

export const clock = (seconds, options = { hour: "2-digit", minute: "2-digit" }) =>
  new Date(seconds * 1000).toLocaleTimeString("ru-RU", { timeZone: ZONE, ...options });

export const day = (seconds) => read(seconds, { weekday: "long", day: "numeric", month: "long" });

export const due = (seconds) =>
  read(seconds, { weekday: "short", day: "numeric", month: "short", hour: "2-digit", minute: "2-digit" });

const date = (seconds) => read(seconds, { day: "numeric", month: "short" });

// What 1C writes has no offset: it is the wall clock's already.
export const written = (text) =>
  new Date(`${text}Z`).toLocaleDateString("ru-RU", { timeZone: "UTC", day: "numeric", month: "short" });

// Seconds until the next ten o'clock in the morning, when clients may be written to again.
export function untilMorning() {
  const [hours, minutes, seconds] = clock(now(), { hour: "2-digit", minute: "2-digit", second: "2-digit" })
    .split(":").map(Number);
  const left = (10 * 3600 - (hours * 3600 + minutes * 60 + seconds) + 86400) % 86400;
  return left || 86400;
}

// The date stands with the time once the day is over, without building the messages anew.
export function refresh(root = document) {
  const today = date(now());
  for (const node of root.querySelectorAll("time[data-at]")) {
    const at = Number(node.dataset.at);
    const text = date(at) === today ? clock(at) : `${date(at)}, ${clock(at)}`;
    if (node.textContent !== text) node.textContent = text;
  }
}
