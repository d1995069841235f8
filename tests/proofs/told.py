"""What was sent to a client: not at night, nothing twice, one SMS for what WhatsApp gave back."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, datetime
from typing import NamedTuple
from zoneinfo import ZoneInfo

from switchboard.channels.sms.smsc import message_id
from switchboard.flows.survey.survey import Survey
from tests.proofs.clients import Client
from tests.proofs.report import Checks
from tests.proofs.sandbox import Json, first_text
from tests.proofs.tyres import BRANCH

_DAY = range(10, 20)
_INVITED = ("Вы недавно были у нас", "Три коротких вопроса", "Как прошёл визит?", "три вопроса о")
_REMINDED = "ещё ждёт ваш ответ"


class Message(NamedTuple):
    """As it first said. `template`: of WhatsApp, where it is one."""

    channel: str
    text: str
    at: datetime
    template: str = ""

    @property
    def what(self) -> str:
        """The same for all that must not come twice, by whatever channel; empty for the rest."""
        if self.template == "tyres_survey" or any(words in self.text for words in _INVITED):
            return "asked"
        if self.template == "tyres_reminder" or _REMINDED in self.text:
            return "reminded"
        # In Telegram a question may well stand there anew.
        return "" if self.channel == "telegram" else f"told «{self.text}»"


def messages_of(
    client: Client, chats: Mapping[int, Json], phones: Mapping[str, Sequence[Json]]
) -> list[Message]:
    found = [
        Message(
            one["channel"],
            one["text"],
            datetime.fromtimestamp(one["at"], UTC),
            one["template"] or "",
        )
        for one in phones.get(client.phone, [])
    ]
    if client.user is not None:
        found += [
            Message("telegram", first_text(one), datetime.fromtimestamp(one["date"], UTC))
            for one in chats[client.user]["messages"]
            if one.get("from", {}).get("is_bot")
        ]
    return found


def check_told(
    checks: Checks,
    client: Client,
    messages: Sequence[Message],
    mine: Iterable[Survey],
    attempts: Mapping[str, int],
) -> int:
    """Not at night and not twice. How many came twice by the residual risk (docs/proofs.md).

    `attempts` are those of effects that were tried more than once, by their ids.
    """
    name = f"client {client.number} ({client.behaviour})"
    zone = ZoneInfo(client.zone or "Europe/Moscow")
    hours = {one.at.astimezone(zone).hour for one in messages}
    checks.hold(hours <= set(_DAY), f"{name}: written to at {sorted(hours - set(_DAY))} o'clock")
    ours = (*(f"{survey.id}:" for survey in mine), f"{client.id}:")
    tried = max((n for effect, n in attempts.items() if effect.startswith(ours)), default=1)
    residual = 0
    for what in sorted({one.what for one in messages if one.what}):
        found = [one.channel for one in messages if one.what == what]
        # A sender died between the provider's answer and our note of it.
        checks.hold(len(found) <= tried, f"{name}: {what} {len(found)} times in {tried} tries")
        # SMSC is asked before it is given a message again.
        checks.hold(found.count("sms") <= 1, f"{name}: {what} by {found.count('sms')} SMS")
        residual += len(found) - 1
    checks.hold(any(one.what == "asked" for one in messages), f"{name}: never asked")
    return residual


def check_given_back(
    checks: Checks, client: Client, failed: Sequence[str], sms: Sequence[str]
) -> None:
    """One SMS for each message that WhatsApp could not deliver to him.

    `failed` are the effects of those messages, `sms` the gateway's numbers of all SMS to him.
    """
    name = f"client {client.number} ({client.behaviour})"
    without = client.user is None and not client.whatsapp
    checks.equal(f"{name}, given back by WhatsApp", bool(failed), without)
    for effect in sorted(set(failed)):
        number = message_id(BRANCH, f"{effect}.sms")
        checks.equal(f"{name}, SMS in place of {effect}", sms.count(number), 1)
    checks.equal(f"{name}, SMS with a number of their own", len(set(sms)), len(sms))
