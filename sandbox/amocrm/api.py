"""amoCRM as a whole: data, tokens, API v4 and hooks."""

from starlette.routing import Route

from sandbox.amocrm import changes, people
from sandbox.amocrm.gate import Gate
from sandbox.amocrm.hook_form import Event, contact_form, encode
from sandbox.amocrm.hooks import HookDelivery
from sandbox.amocrm.leads import Leads
from sandbox.amocrm.notes import NotesAndTasks
from sandbox.amocrm.oauth import Tokens
from sandbox.amocrm.records import API_USER, Contact, Lead, Records
from sandbox.faults import Faults
from sandbox.feed import Feed, Kind
from sandbox.numbers import Numbers
from sandbox.settings import SandboxSettings
from sandbox.wire import Json


class AmoCrmStandIn:
    """The account. `gate.calls` is the log of API calls, `hooks.log` that of webhooks."""

    def __init__(
        self,
        settings: SandboxSettings,
        faults: Faults,
        feed: Feed,
        numbers: Numbers,
        tokens: Tokens,
    ) -> None:
        self._feed = feed
        self.records = Records(settings, numbers)
        self.tokens = tokens
        self.hooks = HookDelivery(settings, feed)
        self.gate = Gate(settings.amocrm_requests_per_second, faults, feed, tokens)
        self._leads = Leads(self.records, self._change_by_api)
        self._people = people.People(self.records, self._change_contact)
        self._notes = NotesAndTasks(self.records, feed)

    async def stop(self) -> None:
        await self.hooks.stop()

    def routes(self) -> list[Route]:
        """To be mounted at /amocrm, which then is the account's address."""
        table = [*self._leads.table(), *self._people.table(), *self._notes.table()]
        return [
            Route("/oauth2/access_token", self.gate.access_token, methods=["POST"]),
            *(
                Route(f"/api/v4{path}", self.gate.guarded(handler), methods=[verb])
                for verb, path, handler in table
            ),
        ]

    def announce(self, event: Event, lead: Lead, before: Json | None = None) -> None:
        """Send the webhook of one change."""
        form = encode(self.records, event, lead, before or {}, self.hooks.habits)
        self.hooks.send("leads", event, lead.id, form)

    def change_by_manager(self, lead: Lead, body: Json) -> list[str]:
        """What a person changes in the card or on the board; says what is different now."""
        manager = self.records.settings.crm_users[0].id
        return self._change(lead, body, manager, "manager", "crm", "Менеджер")

    def _change_by_api(self, lead: Lead, body: Json) -> list[str]:
        return self._change(lead, body, API_USER, "api", "switchboard", "Switchboard")

    def _change_contact(self, contact: Contact, body: Json) -> list[str]:
        said = people.apply(self.records, contact, body)
        if said:
            self._feed.tell("switchboard", f"Switchboard · {contact.name}: {'; '.join(said)}")
            form = contact_form(self.records, contact, self.hooks.habits)
            self.hooks.send("contacts", "update", contact.id, form)
        return said

    def _change(
        self, lead: Lead, body: Json, user_id: int, by: str, kind: Kind, who: str
    ) -> list[str]:
        before = {"status_id": lead.status_id, "pipeline_id": lead.pipeline_id}
        said = changes.apply(self.records, lead, body, user_id=user_id, by=by)
        if not said:
            return said
        self._feed.tell(kind, f"{who} · «{lead.name}»: {'; '.join(said)}")
        if lead.status_id != before["status_id"]:
            self.announce("status", lead, before)
        self.announce("update", lead, before)
        return said
