"""SMSC over loopback, against the sandbox's gateway."""

import pytest

from sandbox.faults import Fault
from sandbox.sms.settings import SmsSettings
from switchboard.channels.port import Phones
from switchboard.crm.connect import Surroundings
from switchboard.domain.errors import Misconfigured, Outage, Postponed, Refused, Unreachable
from tests.channels.phones import LINK, PHONE, message, phones, sms
from tests.crm.test_sandbox import Loopback, fresh, sandbox

__all__ = ["fresh", "sandbox"]

SETTINGS = SmsSettings()
SECRETS = {
    "env:SMS_LOGIN": SETTINGS.login,
    "env:SMS_PASSWORD": SETTINGS.password,
    "env:OTHER": "another-TEST",
}


def connected(fresh: tuple[Loopback, Surroundings], **changes: object) -> Phones:
    sandbox, around = fresh
    url = f"{sandbox.url}/sms"
    section = sms(base_url=url, sender="TYRES", messages_per_second=100, **changes)
    return phones("sms", section, around, SECRETS)


def test_a_message_arrives_in_cyrillic_with_its_link(
    fresh: tuple[Loopback, Surroundings],
) -> None:
    number = connected(fresh).send(PHONE, message(), "k", again=False)
    (arrived,) = fresh[0].world.phones.arrivals[PHONE[1:]]
    assert (arrived.id, arrived.text, arrived.sender) == (number, message().text, "TYRES")
    assert arrived.links == [LINK]


@pytest.mark.parametrize("kind", ["lost_answer", "abort", "outage", "server_error"])
def test_once_whatever_answer_is_lost(fresh: tuple[Loopback, Surroundings], kind: str) -> None:
    world, phone = fresh[0].world, connected(fresh)
    world.faults.switch_on("sms", Fault(kind, left=1))  # type: ignore[arg-type]
    with pytest.raises(Outage) as outage:
        phone.send(PHONE, message(), "k", again=False)
    assert outage.value.doubt
    phone.send(PHONE, message(), "k", again=True)
    assert len(world.phones.arrivals[PHONE[1:]]) == 1


def test_a_repeated_text_waits_for_its_minute(fresh: tuple[Loopback, Surroundings]) -> None:
    world, phone = fresh[0].world, connected(fresh)
    phone.send(PHONE, message(), "k", again=False)
    with pytest.raises(Postponed):
        phone.send(PHONE, message(), "l", again=False)
    world.sms.forget_minute()
    phone.send(PHONE, message(), "l", again=True)
    assert len(world.phones.arrivals[PHONE[1:]]) == 2


def test_an_empty_account_is_filled_meanwhile(fresh: tuple[Loopback, Surroundings]) -> None:
    world, phone = fresh[0].world, connected(fresh)
    world.sms.account.balance = 0
    with pytest.raises(Outage):
        phone.send(PHONE, message(), "k", again=False)
    world.sms.account.balance = 100
    world.sms.forget_minute()
    phone.send(PHONE, message(), "k", again=True)
    assert len(world.phones.arrivals[PHONE[1:]]) == 1


def test_what_will_never_go(fresh: tuple[Loopback, Surroundings]) -> None:
    world = fresh[0].world
    world.sms.account.forbidden.append("прошло")
    with pytest.raises(Refused):
        connected(fresh).send(PHONE, message(), "k", again=False)
    world.phones.without["sms"].add("79000000022")
    with pytest.raises(Unreachable):
        connected(fresh).send("+79000000022", message(text="x"), "l", again=False)
    with pytest.raises(Misconfigured):
        connected(fresh, password="env:OTHER").send(PHONE, message(), "m", again=False)
    assert world.phones.arrivals == {}
