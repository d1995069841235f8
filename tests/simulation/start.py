"""Start: people open the bot's private chat, alone or by the link that stands in the group."""

from collections.abc import Iterator

from tests.simulation.registry import Run
from tests.simulation.setting import BRANCH, MANAGER_CHAT, MOVED_CHAT, WORKERS, WORKERS_CHAT


class Start:
    def play(self, run: Run) -> None:
        world, chance = run.world, run.world.chance
        world.chats.started |= {worker.id for worker in WORKERS if chance.random() < 0.5}
        if chance.random() < 0.9:
            world.chats.started.add(MANAGER_CHAT)
        for _ in range(chance.randint(0, 8)):
            world.clock.after(chance.uniform(1, run.length), lambda: _start(run))

    def broken(self, run: Run) -> Iterator[str]:
        """A start that was acknowledged was answered, or an earlier copy of the same was."""
        for number, worker in run.starts.items():
            effect = f"start.{worker}.{number}"
            if number in run.world.updates.acknowledged and effect not in run.history.effects:
                yield f"{effect} was acknowledged, and nothing followed"
        moves = run.world.tables.items["settings"]
        for update in run.world.updates.acknowledged.values():
            old = update.get("message", {}).get("chat", {}).get("id")
            new = update.get("message", {}).get("migrate_to_chat_id")
            if new is not None and (BRANCH, f"live#chat#{old}") not in moves:
                yield "the group's move was acknowledged, and is not known"


def _start(run: Run) -> None:
    chance, chats = run.world.chance, run.world.chats
    worker = chance.choice(WORKERS)
    links = [
        (button.url.rpartition("=")[2], message.effect.endswith(f".{worker.id}"))
        for chat in (WORKERS_CHAT, MOVED_CHAT)
        for message in chats.messages.get(chat, {}).values()
        for row in message.buttons
        for button in row
        if button.url
    ]
    mine = [token for token, is_mine in links if is_mine]
    token = chance.choice(("", "made-up", *(token for token, _ in links[-2:]), *mine[-2:] * 3))
    chats.started.add(worker.id)
    number = run.world.updates.write(worker, f"/start {token}".strip())
    run.starts[number] = worker.id
