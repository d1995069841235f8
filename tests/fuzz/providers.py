"""The providers as stand-ins that answer well, and every call of the adapters that read them."""

from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from decimal import Decimal
from functools import cache
from itertools import islice
from typing import Any, NamedTuple

import httpx

from switchboard.channels.connect import connect_phones
from switchboard.crm.connect import Surroundings, connect
from switchboard.crm.connect_loyalty import connect_loyalty
from switchboard.crm.onec.mapping import movement_id
from switchboard.crm.port import Assignment, Crm
from switchboard.playbook.model import Playbook
from tests.channels import phones
from tests.crm import onec_sections as onec
from tests.crm.standin_bitrix24 import Bitrix24StandIn
from tests.crm.standins import AmocrmStandIn, GenericStandIn
from tests.crm.surroundings import OAUTH, amocrm, bitrix24, generic, playbook

_WORKER = Assignment("Пётр Пробный", "petr_test", "8000007")
_DUE = datetime(2030, 1, 15, 12, tzinfo=UTC)
_MOST_CHANGES = 5000

Answer = Callable[[httpx.Request], httpx.Response]
Call = Callable[[Any], Any]


class Provider(NamedTuple):
    """The other side anew, the adapter ready to be called, and the calls."""

    stand_in: Callable[[], Answer]
    connected: Callable[[Surroundings], Any]
    calls: Mapping[str, Call]


@cache
def providers() -> Mapping[str, Provider]:
    """By their names."""
    return {
        "amocrm": Provider(_amocrm, _crm(playbook(amocrm())), _CRM_CALLS),
        "amocrm_oauth": Provider(_amocrm, _crm(playbook(amocrm(auth=OAUTH))), _CRM_CALLS),
        "bitrix24": Provider(
            lambda: Bitrix24StandIn().answer, _crm(playbook(bitrix24())), _CRM_CALLS
        ),
        "generic": Provider(_generic, _crm(playbook(generic())), _CRM_CALLS),
        "onec_http": Provider(lambda: _service, _loyalty(onec.service()), _LOYALTY_CALLS),
        "onec_nested": Provider(lambda: _service, _loyalty(onec.nested_service()), _LOYALTY_CALLS),
        "onec_odata": Provider(lambda: _odata, _loyalty(onec.odata()), _LOYALTY_CALLS),
        "whatsapp": Provider(lambda: _whatsapp, _phones("whatsapp"), _PHONE_CALLS),
        "smsc": Provider(lambda: _smsc, _phones("sms"), _PHONE_CALLS),
    }


_CRM_CALLS: Mapping[str, Callable[[Crm], Any]] = {
    "deal": lambda crm: crm.deal(_id(crm)),
    "contact": lambda crm: crm.contact(_id(crm)),
    "assign": lambda crm: crm.assign(_id(crm), _WORKER),
    "note": lambda crm: crm.add_note(_id(crm), "Тайна", "e1", again=True),
    "task": lambda crm: crm.add_task(_id(crm), "Тайна", _DUE, "7", "e1", again=True),
    "changes": lambda crm: list(
        islice(crm.changed_since(datetime.fromtimestamp(1_700_000_000, UTC)), _MOST_CHANGES)
    ),
    "phone": lambda crm: crm.deal_of_phone("+79000000001", ["70000001", "NEW"]),
    "record": lambda crm: crm.record(_id(crm), {"average": 8.5, "answers": "Тайна"}),
    "balance": lambda crm: crm.set_balance("+79000000001", 500),
    "amount": lambda crm: crm.set_amount(_id(crm), Decimal(15000), Decimal(14500)),
}
_LOYALTY_CALLS: Mapping[str, Call] = {
    "first": lambda loyalty: loyalty.move(onec.movement(), again=False),
    "again": lambda loyalty: loyalty.move(onec.movement(), again=True),
    "take": lambda loyalty: loyalty.move(onec.movement(-300), again=True),
    "balance": lambda loyalty: loyalty.balance(onec.PHONE),
}
_PHONE_CALLS: Mapping[str, Call] = {
    "first": lambda channel: channel.send(phones.PHONE, phones.message(), "e1", again=False),
    "again": lambda channel: channel.send(phones.PHONE, phones.message(), "e1", again=True),
}
_IDS = {"AmocrmClient": "41000001", "Bitrix24Client": "759", "GenericClient": "1001"}


def _id(crm: Crm) -> str:
    return _IDS[type(crm).__name__]


def _crm(book: Playbook) -> Callable[[Surroundings], Any]:
    return lambda around: connect(book, around)


def _loyalty(section: dict[str, object]) -> Callable[[Surroundings], Any]:
    book = onec.book(section)
    return lambda around: connect_loyalty(book, around)


def _phones(channel: Any) -> Callable[[Surroundings], Any]:
    section = phones.whatsapp() if channel == "whatsapp" else phones.sms()
    book = playbook(amocrm(), **{channel: section})
    return lambda around: connect_phones(book, channel, around)


def _amocrm() -> Answer:
    return AmocrmStandIn().answer


def _generic() -> Answer:
    return GenericStandIn().answer


def _service(request: httpx.Request) -> httpx.Response:
    if request.method != "GET":
        return httpx.Response(200, content=b'\xef\xbb\xbf{"ok": true}')
    if "kod" in request.url.params:
        found = [{"ВнешнийКод": request.url.params["kod"], "Баллы": 300, "Клиент": "Анна"}]
        return httpx.Response(200, json={"Движения": found})
    return httpx.Response(200, json={"balance": "1 250,50", "Остаток": {"Баллы": 450}})


def _odata(request: httpx.Request) -> httpx.Response:
    if "Catalog_" in request.url.path:
        cards = [{"Ref_Key": "c-1", "Code": "01", "DeletionMark": False, "Description": "Анна"}]
        return httpx.Response(200, json={"value": cards})
    if request.url.path.endswith("/Post"):
        return httpx.Response(200)
    key = _onec_key()
    return httpx.Response(200, json={"Ref_Key": key, "Posted": False, "DeletionMark": False})


@cache
def _onec_key() -> str:
    """By which 1C knows the movement."""
    return movement_id("tyres", onec.movement().key)


def _whatsapp(_request: httpx.Request) -> httpx.Response:
    contacts = [{"input": "+79000000021", "wa_id": "79000000021"}]
    return httpx.Response(200, json={"contacts": contacts, "messages": [{"id": "wamid.TEST"}]})


def _smsc(request: httpx.Request) -> httpx.Response:
    if "status" in request.url.path:
        return httpx.Response(200, json={"status": 1, "last_date": "x", "phone": "79000000021"})
    return httpx.Response(200, json={"id": 1, "cnt": 1})
