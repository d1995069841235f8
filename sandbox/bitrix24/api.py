"""Bitrix24 as a whole: the portal's data, REST, robots and outbound webhooks."""

from starlette.routing import Route

from sandbox.bitrix24 import changes
from sandbox.bitrix24.changes import Step
from sandbox.bitrix24.directories import Directories
from sandbox.bitrix24.gate import Gate
from sandbox.bitrix24.hooks import HookDelivery
from sandbox.bitrix24.items import Items
from sandbox.bitrix24.records import Card, Change, Contact, Deal, Portal
from sandbox.bitrix24.timeline import Timeline
from sandbox.clock import now
from sandbox.faults import Faults
from sandbox.feed import Feed, Kind
from sandbox.numbers import Numbers
from sandbox.settings import SandboxSettings
from sandbox.wire import Json


class Bitrix24StandIn:
    """The portal. `gate.calls` is the log of API calls, `hooks.log` that of webhooks."""

    def __init__(
        self, settings: SandboxSettings, faults: Faults, feed: Feed, numbers: Numbers
    ) -> None:
        self._feed = feed
        self.settings = settings.tyres
        self.portal = Portal(settings.tyres, numbers)
        self.hooks = HookDelivery(settings, feed)
        self.directories = Directories(self.portal)
        methods = {
            **Items(self.portal, self._save_by_api).table(),
            **Timeline(self.portal, self._told_by_api).table(),
            **self.directories.table(),
        }
        self.gate = Gate(settings.tyres, faults, feed, methods)

    async def stop(self) -> None:
        await self.hooks.stop()

    def routes(self) -> list[Route]:
        """To be mounted at /bitrix24, which then is the portal's address."""
        verbs = ["GET", "POST"]
        return [
            Route("/rest/{user}/{code}/{method}", self.gate.handle, methods=verbs),
            Route("/rest/{user}/{code}/{method}/", self.gate.handle, methods=verbs),
            Route("/rest/{method}", self.gate.handle, methods=verbs),
        ]

    def change_by_manager(self, card: Deal | Contact, fields: Json) -> list[str]:
        """What a person changes in the card, in the API's field names; says what is different.

        Raises RestError for a wrong value.
        """
        steps = changes.plan(self.portal, card, fields, self.portal.manager_id)
        if not steps:
            return []
        return self._save(card, steps, by="manager", user_id=self.portal.manager_id)

    def created(self, deal: Deal) -> None:
        """Tell of a deal that a person has just made."""
        self.hooks.tell("ONCRMDEALADD", deal.id)
        self._run_robots(deal)

    def delete(self, deal: Deal) -> None:
        self.portal.forget_deal(deal)
        self.hooks.tell("ONCRMDEALDELETE", deal.id)
        self._feed.tell("crm", f"Битрикс24: сделка «{deal.title}» удалена")

    def _save_by_api(self, card: Deal | Contact, steps: list[Step], new: bool) -> None:
        user_id = self.settings.bitrix24_user_id
        self._save(card, steps, by="api", user_id=user_id, new=new)

    def _save(
        self, card: Deal | Contact, steps: list[Step], *, by: str, user_id: int, new: bool = False
    ) -> list[str]:
        before = card.stage_id if isinstance(card, Deal) else None
        said = changes.apply(card, steps, user_id=user_id, by=by)
        who = "Switchboard" if by == "api" else "Менеджер"
        words = [*(["новая карточка"] if new else []), *said]
        kind: Kind = "switchboard" if by == "api" else "crm"
        self._feed.tell(kind, f"{who} · {_name(card)}: {'; '.join(words)}")
        if isinstance(card, Deal):
            self.hooks.tell("ONCRMDEALADD" if new else "ONCRMDEALUPDATE", card.id)
            if new or card.stage_id != before:
                self._run_robots(card)
        return said

    def _run_robots(self, deal: Deal) -> None:
        if deal.stage_id in self.hooks.robots:
            self.hooks.run_robot(deal.id, self.hooks.robots[deal.stage_id])

    def _told_by_api(self, card: Card, what: str) -> None:
        # Comments and activities have events of their own, which nobody has subscribed to here.
        card.history.append(Change(now(), "api", what))
        self._feed.tell("switchboard", f"Switchboard · {_name(card)}: {what}")


def _name(card: Card) -> str:
    if isinstance(card, Deal):
        return f"«{card.title}»"
    return card.full_name if isinstance(card, Contact) else str(card.id)
