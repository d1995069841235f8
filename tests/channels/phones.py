"""Branches with channels to phones, a gateway that answers as it is told, and messages."""

import json
from collections import deque
from collections.abc import Mapping
from typing import Any, Literal
from urllib.parse import parse_qsl

import httpx

from switchboard.channels.connect import connect_phones
from switchboard.channels.port import PhoneMessage, Phones
from switchboard.crm.connect import Surroundings
from tests.crm.standins import Trouble
from tests.crm.surroundings import amocrm, playbook

PHONE = "+79000000021"
LINK = "https://doors.example/s/aB3dE5gH7jK9"
SECRETS = {
    "env:WHATSAPP": "token-TEST",
    "env:SMS_LOGIN": "tyres",
    "env:SMS_PASSWORD": "psw-TEST",  # pragma: allowlist secret
}


class Gateway:
    """Answers are taken one a call; a dict is JSON with 200."""

    def __init__(self) -> None:
        self.requests: list[httpx.Request] = []
        self.answers: deque[Trouble | dict[str, Any]] = deque()

    @property
    def http(self) -> httpx.Client:
        return httpx.Client(transport=httpx.MockTransport(self._handle))

    def _handle(self, request: httpx.Request) -> httpx.Response:
        self.requests.append(request)
        answer = self.answers.popleft()
        return httpx.Response(200, json=answer) if isinstance(answer, dict) else answer(request)

    def forms(self) -> list[tuple[str, dict[str, str]]]:
        return [
            (request.url.path, dict(parse_qsl(request.content.decode(), keep_blank_values=True)))
            for request in self.requests
        ]

    def bodies(self) -> list[Any]:
        return [json.loads(request.content) for request in self.requests]


def whatsapp(**changes: object) -> dict[str, object]:
    return {
        "phone_id": "106500000000001",
        "token": "env:WHATSAPP",
        "templates": {
            "survey": {"name": "tyres_survey", "parameters": ["first_name", "company"]},
            "review": {"name": "tyres_review", "parameters": ["first_name", "url"], "link": "text"},
            "apology": {"name": "tyres_apology"},
        },
        **changes,
    }


def sms(**changes: object) -> dict[str, object]:
    access = {"login": "env:SMS_LOGIN", "password": "env:SMS_PASSWORD"}
    return {"kind": "smsc", **access, **changes}


def phones(
    channel: Literal["whatsapp", "sms"],
    section: dict[str, object],
    around: Surroundings,
    secrets: Mapping[str, str] = SECRETS,
) -> Phones:
    book = playbook(amocrm(), branch="tyres", **{channel: section})
    found = connect_phones(book, channel, around._replace(secret=secrets.__getitem__))
    assert found is not None
    return found


def message(about: str = "survey", **changes: object) -> PhoneMessage:
    whole = PhoneMessage(
        about=about,
        text=f"Анна, как всё прошло? {LINK}",
        values={"first_name": "Анна", "company": "Шины у дома"},
        link=LINK,
        code="aB3dE5gH7jK9",
    )
    return whole._replace(**changes)  # type: ignore[arg-type]
