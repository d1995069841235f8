"""Reviews: clients who are asked, answer or not, follow links, earn bonuses and spend them."""

from collections.abc import Iterator
from dataclasses import dataclass, field

from tests.simulation import asked, earned, written
from tests.simulation.clients import Client, Crowd
from tests.simulation.queues import Message
from tests.simulation.registry import Run
from tests.simulation.sales import Sales
from tests.simulation.web import Web


@dataclass
class Played:
    """Who took part, and what the inbox has dealt with, in its order."""

    web: Web
    crowd: Crowd
    sales: Sales
    done: list[Message] = field(default_factory=list)


class Reviews:
    def play(self, run: Run) -> None:
        world, chance = run.world, run.world.chance
        web, sales = Web(world), Sales(run)
        crowd = Crowd(world, web, sales.again)
        played = run.reviews = Played(web, crowd, sales)
        world.queues["inbox.fifo"].on_done.append(played.done.append)
        for _ in range(chance.choice((1, 1, 2))):
            _live(run, crowd, sales, crowd.add())

    def broken(self, run: Run) -> Iterator[str]:
        yield from asked.broken(run)
        yield from earned.broken(run)
        yield from written.broken(run)


def _live(run: Run, crowd: Crowd, sales: Sales, client: Client) -> None:
    """One client's days: he may be in the bot's chat before he comes, or later, or never."""
    chance, after = run.world.chance, run.world.clock.after
    if chance.random() < 0.6:
        when = chance.uniform(0, chance.choice((60, run.until / 2)))
        if chance.random() < 0.7:
            after(when, lambda: crowd.start(client))
        if chance.random() < 0.9:
            for _ in range(chance.choice((1, 1, 2))):
                after(when + chance.uniform(1, 60), lambda: crowd.share(client))
        if chance.random() < 0.1:
            after(chance.uniform(0, run.until), lambda: crowd.block(client))
    if chance.random() < 0.2:
        after(chance.uniform(1, run.until), lambda: crowd.writers.write(client, "вы открыты?"))
    for _ in range(chance.choice((1, 1, 2))):
        after(chance.uniform(1, run.until / 3), lambda: sales.begin(client))
