// Which step of the dispatch the person has reached.

export const HINTS = [
  "Перетащите сделку в «Поиск исполнителя»",
  "Бот вот-вот опубликует заказ в группе…",
  "Выберите исполнителя и нажмите «Забрать заказ» под постом в группе",
  "Теперь нажмите другим исполнителем: ответ будет честным",
  "Исполнитель записан в сделке сам. Перетащите её в «Успешно реализовано»",
  "История сыграна. Попробуйте сбои внизу или начните заново",
];

export function stepOf(state) {
  const key = Object.fromEntries(state.stages.map((stage) => [stage.id, stage.key]));
  const moved = state.deals.filter((deal) => key[deal.status_id] !== "new");
  if (moved.some((deal) => key[deal.status_id] === "done" && deal.written)) return 5;
  const posts = state.group.messages.filter((message) => message.bot);
  if (state.deals.some((deal) => deal.written) && state.pressed > 1) return 4;
  if (state.deals.some((deal) => deal.written) || (posts.length && state.pressed > 0)) return 3;
  if (posts.length) return 2;
  return moved.length ? 1 : 0;
}
