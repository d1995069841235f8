"""Messages to clients: in the chat, else by WhatsApp, else by SMS, each once; and their links."""

from datetime import timedelta
from typing import Any, Literal

import pytest

from switchboard.domain.deal import Contact
from switchboard.domain.effects import Button, Channel, EditMessage, LinkTo, TellClient, VoidLink
from switchboard.domain.errors import Misconfigured, Outage, Postponed, Refused, Unreachable
from switchboard.store.database import Database
from switchboard.store.deliveries import Finished
from switchboard.store.links import Link, code_of
from tests.flows.survey_story import BRANCH, CHAT, NOW
from tests.pipeline.mortal import Died, Life, MortalDatabase
from tests.pipeline.reviews import ANNA, BORIS, CLIENT
from tests.pipeline.sending import CODE_KEY, Post
from tests.store.conftest import Tables

SURVEY = "bitrix24-501"
REVIEW_URL = "https://reviews.example/yandex"
PRESS = ((Button(text="10", data=f"s:{SURVEY}:1:0:10"),),)


@pytest.fixture
def post(moto: Any, moto_tables: Tables) -> Post:
    return Post(Database(moto), moto_tables)


def _link(purpose: Literal["review", "survey"], site: str = "", bonus: int = 0) -> LinkTo:
    return LinkTo(
        purpose=purpose,
        survey=SURVEY,
        run=1,
        client=CLIENT,
        playbook=1,
        expires_at=NOW + timedelta(days=30),
        site=site,
        url=REVIEW_URL if site else "",
        bonus=bonus,
    )


def _asks(channel: Channel = "telegram", number: int = 1, **changes: Any) -> TellClient:
    """The invitation to the survey; a reminder of it has another number."""
    message = TellClient(
        id=f"{SURVEY}:1:q{number}",
        client=CLIENT,
        deal="501",
        channel=channel,
        chat=CHAT if channel == "telegram" else None,
        about="survey" if number == 1 else "reminder",
        text="Как всё прошло?",
        sms="Как всё прошло? {url}",
        values={"first_name": "Анна"},
        link=_link("survey"),
        buttons=PRESS,
    )
    return message.model_copy(update=changes)


def _invites(channel: Channel = "telegram", site: str = "Яндекс Картах") -> TellClient:
    return TellClient(
        id=f"{SURVEY}:1:invite",
        client=CLIENT,
        deal="501",
        channel=channel,
        chat=CHAT if channel == "telegram" else None,
        about="review",
        text="Расскажите о нас: {url}",
        sms="Отзыв: {url}",
        link=_link("review", site, 300),
        button="Оставить отзыв",
    )


def _code(post: Post) -> str:
    """Of the link in the last SMS."""
    return post.sms.sent[-1][1].code


def _read(post: Post, code: str) -> Link:
    link = post.links.read(code)
    assert link is not None
    return link


def test_in_the_chat_the_question_has_its_buttons_and_no_link(post: Post) -> None:
    assert post.deliver(_asks()) == "delivered"
    assert post.messenger.chats == {CHAT: {1: "Как всё прошло?"}}
    assert post.messenger.shown[CHAT, 1] == PRESS
    # Nobody's phone is read for it.
    assert (post.crm.calls, post.sms.sent, post.queued) == ([], [], [])
    assert post.deliveries.message(BRANCH, _asks().id) == Finished("done", 1, CHAT)


@pytest.mark.parametrize("channel", ["telegram", "sms"])
def test_what_an_outage_kept_until_the_night_waits_for_the_morning(
    post: Post, channel: Channel
) -> None:
    # 22:00 in Moscow is 02:00 in Novosibirsk; it is day there eight hours later.
    post.now = NOW.replace(hour=19)
    with pytest.raises(Postponed, match="night") as night:
        post.deliver(_asks(channel, timezone="Asia/Novosibirsk"))
    assert (post.messenger.chats, post.sms.sent) == ({}, [])
    assert night.value.seconds == 8 * 3600
    assert post.slowed == []
    post.now += timedelta(seconds=night.value.seconds)
    assert post.deliver(_asks(channel, timezone="Asia/Novosibirsk")) == "delivered"


@pytest.mark.parametrize("channel", ["whatsapp", "sms"])
def test_what_was_held_until_its_link_ended_is_not_sent_any_more(
    post: Post, channel: Channel
) -> None:
    post.now = NOW + timedelta(days=30)
    assert post.deliver(_asks(channel)) == "over"
    assert (post.whatsapp.sent, post.sms.sent, post.queued) == ([], [], [])


def test_what_he_has_just_asked_for_comes_at_night_too(post: Post) -> None:
    post.now = NOW.replace(hour=21)
    assert post.deliver(_invites()) == "delivered"


def test_what_was_sent_so_is_edited_in_its_place(post: Post) -> None:
    post.deliver(_asks())
    edit = EditMessage(id="e", chat=CHAT, of=_asks().id, text="Вопрос 2", buttons=PRESS)
    assert post.deliver(edit) == "delivered"
    assert post.messenger.chats[CHAT] == {1: "Вопрос 2"}


def test_in_the_chat_a_review_is_a_button_with_a_link_of_his_own(post: Post) -> None:
    assert post.deliver(_invites()) == "delivered"
    (((button,),),) = post.messenger.shown.values()
    address, _, code = button.url.rpartition("/")
    assert (button.text, address) == ("Оставить отзыв", "https://our.example/r")
    assert post.messenger.chats[CHAT] == {1: f"Расскажите о нас: {button.url}"}
    link = _read(post, code)
    assert (link.branch, link.survey, link.run, link.client) == (BRANCH, SURVEY, 1, CLIENT)
    assert (link.purpose, link.site, link.url, link.bonus) == (
        "review",
        "Яндекс Картах",
        REVIEW_URL,
        300,
    )
    assert (link.until, link.sent_at) == (NOW + timedelta(days=30), NOW)


def test_by_phone_the_number_is_read_at_that_moment_and_the_link_leads_to_the_page(
    post: Post,
) -> None:
    assert post.deliver(_asks("sms")) == "delivered"
    ((phone, message),) = post.sms.sent
    assert phone == ANNA
    assert message.link == f"https://our.example/s/{message.code}"
    assert message.text == f"Как всё прошло? {message.link}"
    assert (message.about, message.values["url"]) == ("survey", message.link)
    assert post.crm.calls == ["contact 501"]
    link = _read(post, message.code)
    assert (link.purpose, link.sent_at) == ("survey", NOW)
    # No message can be edited there, and nobody tries to.
    edit = EditMessage(id="e", chat=CHAT, of=_asks().id, text="Спасибо")
    assert post.deliver(edit) == "delivered"
    assert post.messenger.calls == []


def test_the_link_is_there_before_the_message_goes(post: Post) -> None:
    post.sms.trouble.then(Outage("smsc", "no answer", doubt=True))
    with pytest.raises(Postponed):
        post.deliver(_asks("sms"))
    # He may have got it, though nobody has told us so.
    code = code_of(CODE_KEY, BRANCH, f"{SURVEY}:1:survey:")
    assert _read(post, code).sent_at is None
    post.deliver(_asks("sms"), "receipt-2", later=60)
    assert _code(post) == code
    link = _read(post, code)
    assert post.sms.keys == [(_asks("sms").id, False), (_asks("sms").id, True)]
    # Sent is what the provider took, when it took it.
    assert link.sent_at == NOW + timedelta(seconds=60)


def test_a_message_that_never_went_leaves_a_link_that_was_not_sent(post: Post) -> None:
    post.sms.trouble.then(Refused("smsc: send: error 6"))
    with pytest.raises(Refused):
        post.deliver(_asks("sms"))
    assert _read(post, code_of(CODE_KEY, BRANCH, f"{SURVEY}:1:survey:")).sent_at is None


def test_reminder_and_invitation_lead_to_one_page_and_each_site_has_its_own(post: Post) -> None:
    post.deliver(_asks("sms"))
    first = _code(post)
    post.deliver(_asks("sms", number=2), later=86400)
    assert _code(post) == first
    # It was sent when it was sent first.
    assert _read(post, first).sent_at == NOW
    codes = {first}
    for number, site in enumerate(("Яндекс Картах", "Google Maps")):
        post.deliver(_invites("sms", site).model_copy(update={"id": f"invite-{number}"}))
        codes.add(_code(post))
    assert len(codes) == 3


def test_a_message_without_a_link_makes_none(post: Post) -> None:
    apology = _asks("sms", about="apology", link=None, sms="Простите нас")
    assert post.deliver(apology) == "delivered"
    ((_, message),) = post.sms.sent
    assert (message.text, message.link, message.code) == ("Простите нас", "", "")


@pytest.mark.parametrize("message", [_asks(), _invites()], ids=["survey", "review"])
def test_who_is_not_reached_in_one_channel_is_written_to_in_the_next(
    post: Post, message: TellClient
) -> None:
    post.messenger.strangers.add(CHAT)
    post.whatsapp.trouble.then(Unreachable("whatsapp: 131026"))
    assert post.deliver(message) == "delivered"
    (parcel,) = post.queued
    assert (parcel.effect.id, parcel.trace) == (f"{message.id}.whatsapp", "trace")
    assert parcel.effect.group == f"client.{CLIENT}"
    assert post.deliver_queued() == ["delivered", "delivered"]
    assert [key for key, _ in post.whatsapp.keys] == [f"{message.id}.whatsapp"]
    assert [key for key, _ in post.sms.keys] == [f"{message.id}.whatsapp.sms"]
    ((phone, sent),) = post.sms.sent
    assert phone == ANNA
    assert sent.link.startswith("https://our.example/")
    assert _read(post, sent.code).client == CLIENT


def test_and_only_once_however_often_the_first_is_repeated(post: Post) -> None:
    post.messenger.strangers.add(CHAT)
    for number in range(3):
        post.deliver(_asks(), f"receipt-{number}")
        post.deliver_queued()
    assert len(post.whatsapp.sent) == 1
    assert post.sms.sent == []


def test_a_channel_that_the_branch_has_not_is_passed_over(post: Post) -> None:
    post.messenger.strangers.add(CHAT)
    post.phones = {"sms": post.sms}
    post.deliver(_asks())
    assert [parcel.effect.id for parcel in post.queued] == [f"{_asks().id}.sms"]
    # A channel that was taken out of the playbook since.
    assert post.deliver(_asks("whatsapp", number=2)) == "delivered"
    assert [parcel.effect.id for parcel in post.queued][1:] == [f"{SURVEY}:1:q2.sms"]


def test_without_a_chat_and_without_another_channel_a_person_has_to_see_it(post: Post) -> None:
    post.phones = {}
    post.messenger.strangers.add(CHAT)
    with pytest.raises(Refused):
        post.deliver(_asks())
    with pytest.raises(Refused):
        post.deliver(_asks(number=2, chat=None))
    assert post.messenger.calls == ["send"]


@pytest.mark.parametrize(
    "client",
    [
        None,
        Contact(),
        Contact(phone="нет"),
        Contact(phone=BORIS),
    ],
    ids=["no card", "no phone", "no number", "another client"],
)
def test_nobody_gets_what_was_meant_for_somebody_else(post: Post, client: Contact | None) -> None:
    post.crm.client = client
    with pytest.raises(Refused) as refused:
        post.deliver(_asks("sms"))
    assert BORIS[2:] not in refused.value.reason
    assert post.sms.sent == []


def test_a_crm_or_a_provider_that_is_down_delays_and_loses_nothing(post: Post) -> None:
    post.crm.trouble.then(Postponed("bitrix24: 503"))
    with pytest.raises(Postponed):
        post.deliver(_asks("sms"))
    post.sms.trouble.then(Postponed("smsc: over its pace", 2.0))
    with pytest.raises(Postponed):
        post.deliver(_asks("sms"))
    assert post.deliver(_asks("sms")) == "delivered"
    assert len(post.sms.sent) == 1


def test_a_wrong_login_is_a_matter_for_a_person_and_no_reason_for_another_channel(
    post: Post,
) -> None:
    post.whatsapp.trouble.then(Misconfigured("whatsapp: 190"))
    with pytest.raises(Misconfigured):
        post.deliver(_asks("whatsapp"))
    assert post.queued == []


@pytest.mark.parametrize("acted", [False, True], ids=["before the call", "after the call"])
def test_killed_at_any_call_it_ends_with_one_link_and_one_message_in_the_next_channel(
    moto: Any, moto_tables: Tables, acted: bool
) -> None:
    """Telegram does not reach the client; the SMS that follows is asked for before it is sent
    again, so the provider may well be told twice and sends once."""

    def play(life: Life) -> tuple[int, Post]:
        database = Database(moto)
        post = Post(database, moto_tables, MortalDatabase(database, life))
        post.messenger.strangers.add(CHAT)
        post.phones = {"sms": post.sms}
        died = 0
        for effect in (_invites(), _invites("sms").model_copy(update={"id": "q"})):
            try:
                post.deliver(effect)
            except Died:
                died += 1
                post.deliver(effect, "receipt-2", later=60)
        assert {parcel.effect.id for parcel in post.queued} == {f"{SURVEY}:1:invite.sms"}
        return died, post

    life = Life()
    play(life)
    assert life.calls > 6
    for death in range(1, life.calls + 1):
        died, post = play(Life(death, acted=acted))
        assert died == 1
        assert {key for key, _ in post.sms.keys} == {"q"}
        # A second telling says that it is one.
        assert [again for _, again in post.sms.keys] in ([False], [True], [False, True])
        assert len({message.code for _, message in post.sms.sent}) == 1
        assert _read(post, _code(post)).sent_at is not None


@pytest.mark.parametrize("channel", ["telegram", "sms"])
def test_the_end_of_a_promise_is_the_link_that_was_sent(post: Post, channel: Channel) -> None:
    post.deliver(_invites(channel))
    code = code_of(CODE_KEY, BRANCH, f"{SURVEY}:1:review:Яндекс Картах")
    assert _read(post, code).bonus == 300
    void = VoidLink(
        id=f"{SURVEY}:1:void", client=CLIENT, survey=SURVEY, run=1, site="Яндекс Картах"
    )
    assert [post.deliver(void), post.deliver(void)] == ["delivered", "repeated"]
    assert _read(post, code).bonus == 0
    assert post.deliver(void.model_copy(update={"id": "of-none", "run": 2})) == "delivered"


def test_an_edit_for_a_client_who_has_blocked_the_bot_is_done_with(post: Post) -> None:
    post.deliver(_asks())
    post.messenger.trouble.then(Unreachable("telegram: 403 bot was blocked by the user"))
    edit = EditMessage(id="e", chat=CHAT, of=_asks().id, text="Вопрос 2", buttons=PRESS)
    assert post.deliver(edit) == "unreachable"
    assert post.deliver(edit) == "repeated"
    assert post.messenger.chats[CHAT] == {1: "Как всё прошло?"}
