"""Private chats: who shares his number is known from then on, and words go to the right survey."""

from datetime import timedelta

import pytest

from switchboard.domain.effects import AddNote, EditMessage, SendMessage
from switchboard.domain.events import ClientAnswered, ClientSaid, ContactShared, Started
from switchboard.domain.identity import Worker
from tests.flows.survey_story import CHAT, OTHER_CHAT
from tests.pipeline.reviews import ANNA, BORIS, CLIENT, OTHER_CLIENT, Reviews, playbook

FIRST, SECOND = "501", "502"
PERSON, OTHER = Worker(id=CHAT, first_name="Анна"), Worker(id=OTHER_CHAT, first_name="Борис")


class Chats:
    """Events of people, each with a number of its own."""

    def __init__(self, reviews: Reviews) -> None:
        self._reviews = reviews
        self._number = 0

    def _next(self) -> str:
        self._number += 1
        return str(730000000 + self._number)

    def share(self, phone: str, who: Worker = PERSON, *, own: bool = True) -> str:
        return self._reviews.tell(
            ContactShared(id=self._next(), worker=who, phone=phone, own=own, at=self._reviews.now)
        )

    def said(self, text: str, chat: int = CHAT) -> ClientSaid:
        return ClientSaid(id=self._next(), chat=chat, text=text, at=self._reviews.now)

    def say(self, text: str, chat: int = CHAT) -> str:
        return self._reviews.tell(self.said(text, chat))

    def last(self) -> SendMessage:
        message = self._reviews.handed[-1]
        assert isinstance(message, SendMessage)
        return message


@pytest.fixture
def chats(reviews: Reviews) -> Chats:
    return Chats(reviews)


def _chat_of(reviews: Reviews, client: str) -> int | None:
    return reviews.clients.known(reviews.branch, client).chat


def _of_chat(reviews: Reviews, chat: int) -> list[str]:
    return [one.id for one in reviews.clients.of_chat(reviews.branch, chat)]


@pytest.mark.parametrize("phone", [ANNA, ANNA[1:], "7 900 000-00-11"])
def test_who_shares_his_own_number_is_known(reviews: Reviews, chats: Chats, phone: str) -> None:
    assert chats.share(phone) == "known"
    assert _chat_of(reviews, CLIENT) == CHAT
    assert chats.last().text == "Спасибо, Анна! Теперь мы на связи."
    assert chats.last().buttons == ()
    assert reviews.asked(FIRST).chat == CHAT


def test_anothers_card_makes_nobody_known_and_the_button_is_shown_again(
    reviews: Reviews, chats: Chats
) -> None:
    assert chats.share("", own=False) == "foreign_card"
    assert chats.share(BORIS, own=False) == "foreign_card"
    assert _of_chat(reviews, CHAT) == []
    assert _chat_of(reviews, OTHER_CLIENT) is None
    ((button,),) = chats.last().buttons
    assert (button.contact, button.data, button.url) == (True, "", "")


@pytest.mark.parametrize("phone", ["", "0", "+", "нет", "123456"])
def test_a_card_whose_phone_is_none_makes_nobody_known(
    reviews: Reviews, chats: Chats, phone: str
) -> None:
    assert chats.share(phone) == "foreign_card"
    assert _of_chat(reviews, CHAT) == []


def test_a_card_is_answered_once_however_often_it_is_delivered(reviews: Reviews) -> None:
    event = ContactShared(id="7", worker=PERSON, phone=ANNA, own=True, at=reviews.now)
    assert [reviews.tell(event) for _ in range(3)] == ["known", "repeated", "repeated"]
    assert len(reviews.handed) == 1


def test_a_person_with_two_numbers_is_both_clients_in_one_chat(
    reviews: Reviews, chats: Chats
) -> None:
    chats.share(ANNA)
    chats.share(BORIS)
    assert set(_of_chat(reviews, CHAT)) == {CLIENT, OTHER_CLIENT}
    # He is asked about the deal of the number that he shared first, and answers in that chat.
    assert reviews.asked(FIRST, phone=ANNA).chat == CHAT
    assert chats.say("девять") == "answered"
    # Asked about the other's deal later, his words are about that one.
    reviews.asked(SECOND, phone=BORIS)
    assert chats.say("10") == "answered"
    assert [len(reviews.survey(one).answers) for one in (FIRST, SECOND)] == [1, 1]


def test_a_number_that_went_to_another_person_is_his_from_then_on(
    reviews: Reviews, chats: Chats
) -> None:
    chats.share(ANNA)
    chats.share(ANNA, OTHER)
    assert _chat_of(reviews, CLIENT) == OTHER_CHAT
    assert (_of_chat(reviews, CHAT), _of_chat(reviews, OTHER_CHAT)) == ([], [CLIENT])
    assert reviews.asked(FIRST).chat == OTHER_CHAT
    # What the first one writes is not about the other's deal.
    assert chats.say("8") == "told"
    assert reviews.survey(FIRST).answers == ()


def test_words_answer_the_question_that_waits(reviews: Reviews, chats: Chats) -> None:
    chats.share(ANNA)
    reviews.asked(FIRST)
    assert [chats.say(one) for one in ("восемь", "10!", "9")] == ["answered"] * 2 + ["completed"]
    assert [one.value for one in reviews.survey(FIRST).answers] == [8, 10, 9]


def test_a_button_and_words_go_into_one_survey(reviews: Reviews, chats: Chats) -> None:
    chats.share(ANNA)
    survey = reviews.asked(FIRST)
    press = ClientAnswered(
        id="1", survey=survey.id, run=1, question=0, value=9, chat=CHAT, at=reviews.now
    )
    assert reviews.tell(press) == "answered"
    assert chats.say("7") == "answered"
    assert [one.value for one in reviews.survey(FIRST).answers] == [9, 7]
    assert any(isinstance(one, EditMessage) for one in reviews.handed)


@pytest.mark.parametrize("changes", [{"chat": OTHER_CHAT}, {"run": 2}, {"survey": "bitrix24-404"}])
def test_a_button_that_is_not_his_changes_nothing(
    reviews: Reviews, chats: Chats, changes: dict[str, object]
) -> None:
    chats.share(ANNA)
    survey = reviews.asked(FIRST)
    press = ClientAnswered(
        id="1", survey=survey.id, run=1, question=0, value=9, chat=CHAT, at=reviews.now
    )
    before = len(reviews.handed)
    assert reviews.tell(press.model_copy(update=changes)) in ("unchanged", "stale")
    assert reviews.survey(FIRST) == survey
    assert len(reviews.handed) == before


def test_words_after_the_survey_reach_a_person_for_two_weeks(
    reviews: Reviews, chats: Chats
) -> None:
    chats.share(ANNA)
    reviews.asked(FIRST)
    for _ in range(3):
        chats.say("9")
    reviews.now += timedelta(days=13, hours=23)
    assert chats.say("Стучит колесо, что делать?") == "passed_on"
    assert any(isinstance(one, AddNote) and "Стучит" in one.text for one in reviews.handed)
    reviews.now += timedelta(hours=2)
    assert chats.say("Стучит колесо") == "told"


def test_words_of_one_who_was_asked_elsewhere_reach_a_person(
    reviews: Reviews, chats: Chats
) -> None:
    reviews.asked(FIRST)
    chats.share(ANNA)
    assert chats.say("Спасибо, а где посмотреть баллы?") == "passed_on"
    assert reviews.survey(FIRST).answers == ()


@pytest.mark.parametrize("state", ["nothing", "waiting", "throttled"])
def test_words_of_one_who_is_asked_nothing_are_answered_once_a_day(
    reviews: Reviews, chats: Chats, state: str
) -> None:
    chats.share(ANNA)
    if state == "waiting":
        reviews.waiting(FIRST)
    if state == "throttled":
        reviews.clients.reserve(
            reviews.branch, CLIENT, "bitrix24-400:1", reviews.now, timedelta(days=30)
        )
        assert reviews.tell(reviews.waiting(FIRST)) == "refused"
    before = len(reviews.handed)
    said = chats.said("Здравствуйте!")
    assert [reviews.tell(said), reviews.tell(said)] == ["told", "repeated"]
    assert "только спрашивает" in chats.last().text
    reviews.now += timedelta(hours=23)
    assert chats.say("Ау?") == "unasked"
    reviews.now += timedelta(hours=2)
    assert chats.say("Ау!") == "told"
    assert len(reviews.handed) == before + 2


def test_a_stranger_who_writes_is_told_as_well(chats: Chats) -> None:
    assert [chats.say("Есть кто?"), chats.say("Алло")] == ["told", "unasked"]


def test_a_start_asks_for_the_number(reviews: Reviews, chats: Chats) -> None:
    assert reviews.tell(Started(id="1", worker=PERSON, at=reviews.now)) == "greeted"
    assert chats.last().text.startswith("Здравствуйте, Анна! Это «Шины &amp; Диски».")
    assert [one.contact for row in chats.last().buttons for one in row] == [True]


def test_a_branch_that_asks_no_longer_says_nothing(reviews: Reviews, chats: Chats) -> None:
    reviews.publish(playbook().model_copy(update={"reviews": None}))
    assert chats.say("Ау") == "unasked"
    assert chats.share(ANNA) == "known"
    assert reviews.handed == []


def test_words_in_the_chat_where_a_survey_runs_are_its_own_when_the_number_is_shared_elsewhere(
    reviews: Reviews, chats: Chats
) -> None:
    chats.share(ANNA)
    assert reviews.asked(FIRST).chat == CHAT
    # His second account; and a second number in the first, of which nobody was asked.
    chats.share(ANNA, OTHER)
    chats.share(BORIS)
    assert chats.say("9") == "answered"
    assert reviews.survey(FIRST).answers[0].value == 9
    # What he writes in the other one is read by a person.
    assert chats.say("8", OTHER_CHAT) == "passed_on"
    assert len(reviews.survey(FIRST).answers) == 1


def test_words_to_a_survey_that_runs_are_heard_by_a_branch_that_asks_no_longer(
    reviews: Reviews, chats: Chats
) -> None:
    chats.share(ANNA)
    reviews.asked(FIRST)
    reviews.publish(playbook().model_copy(update={"reviews": None}))
    assert chats.say("9") == "answered"
    assert chats.say("нормально") == "unclear"
    assert chats.say("Ждал два часа, позвоните") == "passed_on"
    assert [one.kind for one in reviews.handed[-3:]] == ["add_note", "add_task", "send_message"]
