"""A private chat with a client's bot: who opens it, who shares a card, who writes unasked."""

from datetime import timedelta

import pytest

from switchboard.domain.effects import SendMessage
from switchboard.domain.events import ClientSaid, ContactShared, Started
from switchboard.domain.identity import JobLink, Worker
from switchboard.flows.start import Session, step
from switchboard.playbook.model import Playbook
from tests.flows import story as dispatch
from tests.flows.survey_story import CHAT, NOW, playbook

ANNA = Worker(id=CHAT, first_name="Анна")
REVIEWS = playbook()
DISPATCH = dispatch.playbook()


def _started(number: int = 1) -> Started:
    return Started(id=str(number), worker=ANNA, at=NOW)


def _shared(number: int = 2, *, own: bool = True) -> ContactShared:
    return ContactShared(
        id=str(number), worker=ANNA, phone="79000000011", own=own, at=NOW + timedelta(minutes=1)
    )


def _said(number: int, minutes: int = 5) -> ClientSaid:
    at = NOW + timedelta(minutes=minutes)
    return ClientSaid(id=str(number), chat=CHAT, text="Вы работаете?", at=at)


def test_a_client_is_greeted_and_asked_for_his_number() -> None:
    decision = step(None, _started(), REVIEWS)
    (greeting,) = decision.effects
    assert isinstance(greeting, SendMessage)
    assert greeting.text == (
        "Здравствуйте, Анна! Это «Шины &amp; Диски». Поделитесь номером телефона — и мы сможем "
        "писать вам сюда: спросить, как прошёл визит, и рассказать о бонусах."
    )
    ((button,),) = greeting.buttons
    assert (button.text, button.contact, button.data) == ("Поделиться номером", True, "")
    assert decision.outcome == "greeted"


def test_his_own_card_makes_him_known() -> None:
    decision = step(_session(), _shared(), REVIEWS)
    assert decision.outcome == "known"
    (told,) = decision.effects
    assert isinstance(told, SendMessage)
    assert (told.text, told.buttons) == ("Спасибо, Анна! Теперь мы на связи.", ())


def test_anothers_card_is_refused_and_he_is_asked_again() -> None:
    decision = step(_session(), _shared(own=False), REVIEWS)
    assert decision.outcome == "foreign_card"
    (told,) = decision.effects
    assert isinstance(told, SendMessage)
    assert told.text.startswith("Анна, это номер другого человека.")
    assert told.buttons[0][0].contact


def test_who_writes_unasked_is_told_once_a_day_that_nobody_reads_it() -> None:
    session, outcomes = None, list[str]()
    for number, minutes in enumerate((5, 6, 60, 24 * 60 + 4, 24 * 60 + 5, 24 * 60 + 6)):
        decision = step(session, _said(number, minutes), REVIEWS)
        session, outcomes = decision.state, [*outcomes, decision.outcome]
        assert len(decision.effects) == (decision.outcome == "told")
    assert outcomes == ["told", "unasked", "unasked", "unasked", "told", "unasked"]
    assert session is not None
    assert session.worker == CHAT


def test_opening_the_bot_again_does_not_forget_when_he_was_told() -> None:
    told = step(None, _said(1), REVIEWS).state
    again = step(told, _started(2), REVIEWS).state
    assert step(again, _said(3, 10), REVIEWS).outcome == "unasked"


@pytest.mark.parametrize("event", [_started(7), _shared(7), _shared(7, own=False), _said(7)])
def test_the_same_update_told_again_is_answered_once(
    event: Started | ContactShared | ClientSaid,
) -> None:
    first = step(None, event, REVIEWS)
    again = step(first.state, event, REVIEWS)
    assert (again.outcome, again.effects, again.state) == ("repeated", (), first.state)


@pytest.mark.parametrize("event", [_shared(), _said(3)])
def test_a_branch_of_workers_has_no_word_for_clients(event: ContactShared | ClientSaid) -> None:
    assert step(None, event, DISPATCH).effects == ()


def test_a_workers_link_goes_before_a_clients_greeting() -> None:
    both = Playbook.model_validate(
        {**REVIEWS.model_dump(), "dispatch": DISPATCH.model_dump()["dispatch"]}
    )
    link = JobLink(job="bitrix24-501", offer=1)
    event = _started().model_copy(update={"link": link})
    assert step(None, event, both).outcome == "contact"
    refused = _started().model_copy(update={"link_refused": True})
    assert step(None, refused, both).outcome == "link_refused"


def test_a_name_is_no_markup() -> None:
    mallory = ANNA.model_copy(update={"first_name": "<a href='x'>Жми</a>"})
    event = _started().model_copy(update={"worker": mallory})
    (told,) = step(None, event, REVIEWS).effects
    assert isinstance(told, SendMessage)
    assert "<a" not in told.text


def _session() -> Session:
    state = step(None, _started(), REVIEWS).state
    assert state is not None
    return state
