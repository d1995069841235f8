"""What WhatsApp has accepted and could not deliver goes by SMS; and answers to who writes there."""

from datetime import timedelta
from typing import Any, Literal

import pytest

from switchboard.domain.deal import Contact
from switchboard.domain.effects import AnswerClient, LinkTo, PassOn, TellClient
from switchboard.domain.errors import Outage, Postponed, Refused, Unreachable
from switchboard.store.database import Database
from switchboard.store.deliveries import Finished
from tests.flows.survey_story import NOW
from tests.pipeline.mortal import Died, Life, MortalDatabase
from tests.pipeline.reviews import ANNA, BORIS, CLIENT, playbook
from tests.pipeline.sending import Post
from tests.store.conftest import Tables

SURVEY = "bitrix24-501"
ASKS = TellClient(
    id=f"{SURVEY}:1:q1",
    client=CLIENT,
    deal="501",
    channel="whatsapp",
    about="survey",
    text="Как всё прошло?",
    sms="Как всё прошло? {url}",
    link=LinkTo(
        purpose="survey",
        survey=SURVEY,
        run=1,
        client=CLIENT,
        playbook=1,
        expires_at=NOW + timedelta(hours=72),
    ),
    timezone="",
)
ANSWER = AnswerClient(id=f"{SURVEY}:1:q2", client=CLIENT, deal="501", text="Вопрос 1 & 2 <из 3>")


def _failed(of: str = ASKS.id, code: int = 131026) -> PassOn:
    return PassOn(id=f"{of}.failed", channel="whatsapp", of=of, code=code)


@pytest.fixture
def post(moto: Any, moto_tables: Tables) -> Post:
    return Post(Database(moto), moto_tables)


# What was accepted, and then not delivered.


@pytest.mark.parametrize("code", [131026, 131047, 131000, 130429, 132015, 131042, 999999])
def test_what_was_not_delivered_goes_by_sms_with_the_same_link(post: Post, code: int) -> None:
    """He gets it also where the fault is ours: he knows nothing of templates and payments."""
    assert post.deliver(ASKS) == "delivered"
    assert post.deliver(_failed(code=code)) == "delivered"
    assert [one.effect.id for one in post.queued] == [f"{ASKS.id}.sms"]
    # It belongs to the webhook that the message followed from.
    assert [one.trace for one in post.queued] == ["trace"]
    assert post.deliver_queued() == ["delivered"]
    ((phone, message),) = post.sms.sent
    assert (phone, message.text) == (ANNA, f"Как всё прошло? {message.link}")
    assert message.code == post.whatsapp.sent[0][1].code


def test_it_goes_once_however_often_its_failure_is_told(post: Post) -> None:
    post.deliver(ASKS)
    assert [post.deliver(_failed()), post.deliver(_failed())] == ["delivered", "repeated"]
    # The first telling was lost after it was done, or two senders were at it.
    other = _failed().model_copy(update={"id": "told-under-another-name"})
    assert post.deliver(other) == "delivered"
    assert post.deliver_queued() == ["delivered", "repeated"]
    assert len(post.sms.sent) == 1


def test_a_failure_told_before_its_sender_has_noted_that_it_went_waits_for_him(
    moto: Any, moto_tables: Tables
) -> None:
    """WhatsApp's webhook may be faster than our own write; and the sender may die just there."""
    counted = Life()
    Post(Database(moto), moto_tables, MortalDatabase(Database(moto), counted)).deliver(ASKS)
    last = Life(counted.calls)  # It is killed before it notes that the message went.
    post = Post(Database(moto), moto_tables, MortalDatabase(Database(moto), last))
    with pytest.raises(Died):
        post.deliver(ASKS)
    assert len(post.whatsapp.sent) == 1
    with pytest.raises(Postponed, match="still being sent") as waits:
        post.deliver(_failed())
    # Longer each time: its sender may be told to wait for hours.
    assert waits.value.seconds is None
    assert post.deliver(ASKS, "receipt-2", later=60) == "delivered"
    assert post.deliver(_failed(), "receipt-3") == "delivered"
    assert post.deliver_queued() == ["delivered"]


def test_without_another_channel_a_person_has_to_see_it(post: Post) -> None:
    post.phones = {"whatsapp": post.whatsapp}
    post.deliver(ASKS)
    with pytest.raises(Refused, match="code 131026"):
        post.deliver(_failed())


def test_it_is_not_sent_again_whose_link_has_ended(post: Post) -> None:
    """WhatsApp tries for up to thirty days, and repeats what it tells for a week."""
    post.deliver(ASKS)
    assert post.deliver(_failed(), later=72 * 3600) == "delivered"
    assert post.queued == []


@pytest.mark.parametrize("timezone", ["", None], ids=["by day", "at any hour"])
def test_at_night_it_waits_for_the_morning_whatever_it_was(
    post: Post, timezone: str | None
) -> None:
    """What he had just asked for could go at any hour; its failure may be told hours later."""
    post.deliver(ASKS.model_copy(update={"timezone": timezone}))
    post.now = NOW.replace(hour=20)
    post.deliver(_failed())
    (parcel,) = post.queued
    with pytest.raises(Postponed, match="night"):
        post.deliver(parcel.effect)


def test_what_is_no_message_of_ours_is_passed_over(post: Post) -> None:
    assert post.deliver(_failed("somebody-elses")) == "delivered"
    # Nor is one that went by another channel at once.
    post.whatsapp.trouble.then(Unreachable("whatsapp: 131026"))
    post.deliver(ASKS)
    post.deliver(ANSWER)
    assert post.deliver(_failed(ANSWER.id)) == "delivered"
    assert [one.effect.id for one in post.queued] == [f"{ASKS.id}.sms"]


def test_what_went_by_another_channel_keeps_nothing_of_itself(post: Post) -> None:
    by_sms = ASKS.model_copy(update={"id": "by-sms", "channel": "sms"})
    post.deliver(by_sms)
    assert post.deliveries.message("tyres", "by-sms") == Finished("done", None)
    post.deliver(ASKS)
    kept = post.deliveries.message("tyres", ASKS.id)
    assert kept is not None
    assert '"about":"survey"' in kept.parcel


@pytest.mark.parametrize("acted", [False, True], ids=["before the call", "after the call"])
def test_killed_at_any_call_it_goes_by_sms_and_once(
    moto: Any, moto_tables: Tables, acted: bool
) -> None:
    def play(life: Life) -> Post:
        post = Post(Database(moto), moto_tables, MortalDatabase(Database(moto), life))
        for effect in (ASKS, _failed()):
            try:
                post.deliver(effect)
            except Died:
                post.deliver(effect, "receipt-2", later=60)
        return post

    counted = Life()
    play(counted)
    assert counted.calls > 6
    for death in range(1, counted.calls + 1):
        post = play(Life(death, acted=acted))
        # Put twice where it died in between, under one name.
        assert {one.effect.id for one in post.queued} == {f"{ASKS.id}.sms"}
        post.deliver_queued()
        assert [key for key, _ in post.sms.keys] == [f"{ASKS.id}.sms"]


# Answers in WhatsApp.


def test_an_answer_goes_to_the_clients_number_as_it_is(post: Post) -> None:
    assert post.deliver(ANSWER) == "delivered"
    ((phone, message),) = post.whatsapp.sent
    assert (phone, message.text, message.free) == (ANNA, "Вопрос 1 & 2 <из 3>", True)
    assert post.deliver(ANSWER) == "repeated"


def test_a_review_for_who_has_just_written_needs_no_template(post: Post) -> None:
    free = ASKS.model_copy(update={"free": True})
    post.deliver(free)
    ((_, message),) = post.whatsapp.sent
    assert (message.free, message.text) == (True, f"Как всё прошло? {message.link}")
    # He was slow, or the queue: then it comes by SMS, as everything does.
    post.deliver(_failed(code=131047))
    post.deliver_queued()
    ((_, message),) = post.sms.sent
    assert message.free is False


@pytest.mark.parametrize(
    "client", [None, Contact(), Contact(phone=BORIS)], ids=["no card", "no phone", "another client"]
)
def test_nobody_else_gets_it(post: Post, client: Contact | None) -> None:
    post.crm.client = client
    with pytest.raises(Refused):
        post.deliver(ANSWER)
    assert post.whatsapp.sent == []


def test_where_whatsapp_does_not_reach_him_any_more_it_comes_by_nothing_else(post: Post) -> None:
    post.whatsapp.trouble.then(Unreachable("whatsapp: 131026"))
    with pytest.raises(Refused):
        post.deliver(ANSWER)
    post.phones = {"sms": post.sms}
    with pytest.raises(Refused):
        post.deliver(ANSWER.model_copy(update={"id": "another"}))
    assert (post.queued, post.sms.sent) == ([], [])


def test_an_outage_delays_it(post: Post) -> None:
    post.whatsapp.trouble.then(Outage("whatsapp", "503"))
    with pytest.raises(Postponed):
        post.deliver(ANSWER)
    assert post.deliver(ANSWER, "receipt-2") == "delivered"


# The section `reviews` is taken out of the playbook while messages are under way.


@pytest.mark.parametrize("channel", ["telegram", "whatsapp", "sms"])
def test_what_was_decided_before_goes_by_the_version_that_decided_it(
    post: Post, channel: Literal["telegram", "whatsapp", "sms"]
) -> None:
    post.playbook = playbook().model_copy(update={"reviews": None})
    asks = ASKS.model_copy(update={"channel": channel, "chat": 990000011})
    assert post.deliver(asks) == "delivered"
    post.now = NOW.replace(hour=20)
    with pytest.raises(Postponed, match="night"):
        post.deliver(asks.model_copy(update={"id": "at-night"}))
