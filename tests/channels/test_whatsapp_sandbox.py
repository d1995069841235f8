"""WhatsApp over loopback, against the sandbox's business number and its approved templates."""

import pytest

from sandbox.clock import now
from sandbox.faults import Fault
from sandbox.whatsapp.settings import WhatsAppSettings
from switchboard.channels.port import PhoneMessage, Phones
from switchboard.crm.connect import Surroundings
from switchboard.domain.errors import Misconfigured, Outage, Postponed, Unreachable
from tests.channels.phones import PHONE, phones
from tests.crm.test_sandbox import Loopback, fresh, sandbox

__all__ = ["fresh", "sandbox"]

SETTINGS = WhatsAppSettings()
TEMPLATES = {
    "survey": {"name": "tyres_survey", "parameters": ["first_name", "company"]},
    "reminder": {"name": "tyres_reminder", "parameters": ["first_name", "company"]},
    "review": {"name": "tyres_review", "parameters": ["first_name", "bonus"]},
    "apology": {"name": "tyres_apology", "parameters": ["first_name", "company"]},
    "bonus": {"name": "tyres_bonus", "parameters": ["first_name", "bonus", "until"]},
    "expired": {"name": "tyres_expired", "parameters": ["first_name", "bonus"]},
}
VALUES = {
    "first_name": "Анна",
    "company": "Шины у дома",
    "bonus": "300",
    "until": "31 января",
}


def connected(fresh: tuple[Loopback, Surroundings], **changes: object) -> Phones:
    sandbox, around = fresh
    section: dict[str, object] = {
        "base_url": f"{sandbox.url}/whatsapp/v23.0",
        "phone_id": SETTINGS.phone_id,
        "token": "env:WHATSAPP",
        "templates": TEMPLATES,
        **changes,
    }
    secrets = {"env:WHATSAPP": SETTINGS.token, "env:OTHER": "another-TEST"}
    return phones("whatsapp", section, around, secrets)


def about(name: str) -> PhoneMessage:
    linked = name in {"survey", "reminder", "review"}
    code = "aB3dE5gH7jK9" if linked else ""
    return PhoneMessage(name, "", VALUES, f"https://doors.example/s/{code}" if linked else "", code)


@pytest.mark.parametrize("name", TEMPLATES)
def test_every_template_arrives(fresh: tuple[Loopback, Surroundings], name: str) -> None:
    wamid = connected(fresh).send(PHONE, about(name), "k", again=False)
    (arrived,) = fresh[0].world.phones.arrivals[PHONE[1:]]
    assert (arrived.id, arrived.template) == (wamid, f"tyres_{name}")
    assert arrived.text.startswith("Анна, ")
    assert "{{" not in arrived.text
    assert [link.rpartition("/")[2] for link in arrived.links] == [about(name).code] * bool(
        about(name).code
    )


def failures(sandbox: Loopback) -> list[tuple[str, int, str]]:
    """What follows as `failed`: of which message, with which code, and what came back with it."""
    bodies = [hook.body for hook in sandbox.world.whatsapp.hooks.log if hook.what == "failed"]
    statuses = [body["entry"][0]["changes"][0]["value"]["statuses"][0] for body in bodies]
    return [
        (one["id"], one["errors"][0]["code"], one["biz_opaque_callback_data"]) for one in statuses
    ]


def test_a_message_to_who_has_no_whatsapp_is_accepted_and_fails_later(
    fresh: tuple[Loopback, Surroundings],
) -> None:
    fresh[0].world.phones.without["whatsapp"].add(PHONE[1:])
    wamid = connected(fresh).send(PHONE, about("survey"), "an-effect", again=False)
    assert failures(fresh[0]) == [(wamid, 131026, "an-effect")]
    assert fresh[0].world.phones.arrivals == {}


def test_what_is_refused_at_once_is_unreachable(fresh: tuple[Loopback, Surroundings]) -> None:
    fresh[0].world.phones.without["whatsapp"].add(PHONE[1:])
    fresh[0].world.whatsapp.messages.habits.undeliverable = "at_once"
    with pytest.raises(Unreachable):
        connected(fresh).send(PHONE, about("survey"), "k", again=False)
    assert failures(fresh[0]) == []


def test_words_of_our_own_go_to_who_has_just_written(
    fresh: tuple[Loopback, Surroundings],
) -> None:
    words = PhoneMessage("survey", "Спасибо, передам!", {}, free=True)
    early = connected(fresh).send(PHONE, words, "early", again=False)
    assert failures(fresh[0]) == [(early, 131047, "early")]
    fresh[0].world.phones.wrote_at[PHONE[1:]] = now()
    wamid = connected(fresh).send(PHONE, words, "k", again=False)
    (arrived,) = fresh[0].world.phones.arrivals[PHONE[1:]]
    assert (arrived.id, arrived.template, arrived.text) == (wamid, None, "Спасибо, передам!")


@pytest.mark.parametrize(
    "changes",
    [
        {"token": "env:OTHER"},
        {"phone_id": "106500000000009"},
        {"templates": {"survey": {"name": "no_such_template"}}},
        {"templates": {"survey": {"name": "tyres_survey", "parameters": ["first_name"]}}},
    ],
    ids=["token", "number", "template", "variables"],
)
def test_what_a_person_must_mend(
    fresh: tuple[Loopback, Surroundings], changes: dict[str, object]
) -> None:
    with pytest.raises(Misconfigured):
        connected(fresh, **changes).send(PHONE, about("survey"), "k", again=False)
    assert fresh[0].world.phones.arrivals == {}


def test_troubles(fresh: tuple[Loopback, Surroundings]) -> None:
    faults, phone = fresh[0].world.faults, connected(fresh)
    for kind in ("outage", "server_error", "abort", "lost_answer"):
        faults.switch_on("whatsapp", Fault(kind, left=1))
        with pytest.raises(Outage) as outage:
            phone.send(PHONE, about("survey"), kind, again=False)
        assert outage.value.doubt
    assert len(fresh[0].world.phones.arrivals[PHONE[1:]]) == 1
    faults.switch_on("whatsapp", Fault("too_many_requests", left=1))
    with pytest.raises(Postponed):
        phone.send(PHONE, about("survey"), "k", again=False)
