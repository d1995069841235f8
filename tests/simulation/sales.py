"""Deals of clients: what a manager does with them before and after they are won."""

from functools import partial

from tests.simulation.amocrm import LOST, SEARCH, TALKS, WON, Lead
from tests.simulation.clients import Client
from tests.simulation.processes import Ended
from tests.simulation.registry import Run
from tests.simulation.telegram import http_event

_MOST_DEALS = 6
_PAUSES = (2.0, 60.0, 1800.0, 4 * 3600.0)


class Sales:
    def __init__(self, run: Run) -> None:
        self._run = run
        self.leads: list[tuple[Lead, Client]] = []

    def begin(self, client: Client, status: int | None = None) -> None:
        """A new deal of the client's, which will be won, most likely."""
        if len(self.leads) >= _MOST_DEALS:
            return
        world, chance = self._run.world, self._run.world.chance
        name = f"visit {len(self.leads)}"
        price = chance.choice((0, 900, 5000))
        first = status or chance.choice((TALKS, TALKS, WON, SEARCH))
        lead = world.account.add(name, chance.choice(client.cards), first, price)
        self.leads.append((lead, client))
        steps = [WON] if chance.random() < 0.85 else [LOST]
        if chance.random() < 0.25:
            steps += [chance.choice((TALKS, LOST)), chance.choice((WON, WON, LOST))]
        if first == WON:
            steps = steps[1:]
        self._go_on(lead, client, steps)

    def again(self, client: Client) -> None:
        """He comes again, now and then with two cars at once, or three."""
        chance, after = self._run.world.chance, self._run.world.clock.after
        if chance.random() < 0.3:
            return
        delay = chance.choice((60, 3600, 10 * 3600)) * chance.random()
        cars = chance.choice((1, 2, 2, 3))
        if cars > 1 and chance.random() < 0.75:
            after(delay, lambda: self._begin_together(client, cars))
            return
        for _ in range(cars):
            after(delay, lambda: self.begin(client, TALKS))

    def _begin_together(self, client: Client, cars: int) -> None:
        """One order of his, in two deals that the manager moves as one, to and fro."""
        world, chance = self._run.world, self._run.world.chance
        leads = []
        for _ in range(cars):
            name, card = f"visit {len(self.leads)}", client.cards[0]
            leads.append(world.account.add(name, card, TALKS, 5000))
            self.leads.append((leads[-1], client))
        seconds = 0.0
        for status in (LOST, TALKS, LOST, TALKS, LOST, TALKS, chance.choice((WON, LOST, SEARCH))):
            seconds += chance.choice((4, 60, 600)) * (0.5 + chance.random())
            for lead in leads:
                world.clock.after(seconds, partial(self._move, lead, status))

    def _move(self, lead: Lead, status: int) -> None:
        self._run.world.account.change(lead, "manager", status=status)

    def _go_on(self, lead: Lead, client: Client, steps: list[int]) -> None:
        world, chance = self._run.world, self._run.world.chance
        delay = chance.choice(_PAUSES) * chance.random()
        if world.clock.elapsed + delay < self._run.until:
            world.clock.after(delay, lambda: self._step(lead, client, steps))

    def _step(self, lead: Lead, client: Client, steps: list[int]) -> None:
        account, chance = self._run.world.account, self._run.world.chance
        mind = chance.random()
        if mind < 0.03:
            account.change(lead, "manager", deleted=True)
            return
        if mind < 0.15:
            account.change(lead, "manager", price=chance.choice((900, 1000, 5000)))
        elif steps:
            account.change(lead, "manager", status=steps.pop(0))
            if lead.status == WON and chance.random() < 0.1:
                self._sold(client, f"sale {lead.id}")
        else:
            return
        self._go_on(lead, client, steps)

    def _sold(self, client: Client, document: str) -> None:
        """1C tells of it as well, once, and does not ask what came of that."""
        world = self._run.world
        path = {"branch": "demo", "provider": "onec", "secret": "1c-secret"}
        body = f'{{"phone": "{client.phone}", "document": "{document}"}}'
        world.visits += 1

        def then(_: Ended) -> None:
            world.visits -= 1

        request = f"onec-{len(self.leads)}-{world.clock.elapsed:.3f}"
        if not world.functions["crm"].invoke(http_event(request, path, body), request, then):
            world.visits -= 1
