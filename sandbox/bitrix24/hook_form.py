"""The forms of outbound webhooks and of the robot «Webhook»."""

from dataclasses import dataclass
from typing import Literal

from sandbox.clock import now
from sandbox.settings_tyres import TyresSettings

Event = Literal["ONCRMDEALADD", "ONCRMDEALUPDATE", "ONCRMDEALDELETE"]
Pair = tuple[str, str]

HANDLERS: dict[Event, str] = {
    "ONCRMDEALADD": "201",
    "ONCRMDEALUPDATE": "203",
    "ONCRMDEALDELETE": "205",
}


@dataclass
class HookHabits:
    """How hooks get lost and come late. Bitrix24 sends each once and never again.

    lose: drop so many next hooks. delay: seconds in its queue. repeat and spread: each hook so many
    times, each copy late by up to `spread` seconds, in any order. `document_id` plain: the robot's
    array without numbers. token: another application_token than the right one; None for none.
    """

    lose: int = 0
    delay: float = 0.0
    repeat: int = 1
    spread: float = 0.0
    seed: int = 1
    document_id: Literal["indexed", "plain"] = "indexed"
    token: str | None = "right"


def event_form(
    settings: TyresSettings, event: Event, deal_id: int, habits: HookHabits
) -> list[Pair]:
    """The id only: whoever wants more reads the deal."""
    token = settings.bitrix24_application_token if habits.token == "right" else habits.token
    pairs = [
        ("event", event),
        ("event_handler_id", HANDLERS[event]),
        ("data[FIELDS][ID]", str(deal_id)),
        ("ts", str(int(now()))),
        *_portal(settings),
    ]
    return pairs if token is None else [*pairs, ("auth[application_token]", token)]


def robot_form(settings: TyresSettings, deal_id: int, habits: HookHabits) -> list[Pair]:
    """CBPWebHookActivity sends the document's id and no token (`sendAuth` is false)."""
    numbers = ("0", "1", "2") if habits.document_id == "indexed" else ("", "", "")
    values = ("crm", "CCrmDocumentDeal", f"DEAL_{deal_id}")
    pairs = [
        (f"document_id[{number}]", value) for number, value in zip(numbers, values, strict=True)
    ]
    return [*pairs, *_portal(settings)]


def _portal(settings: TyresSettings) -> list[Pair]:
    return [
        ("auth[domain]", settings.bitrix24_domain),
        ("auth[client_endpoint]", f"https://{settings.bitrix24_domain}/rest/"),
        ("auth[server_endpoint]", "https://oauth.bitrix.info/rest/"),
        ("auth[member_id]", settings.bitrix24_member_id),
    ]
