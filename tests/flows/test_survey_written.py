"""A client who was asked by phone writes back in WhatsApp, and is asked there to the end."""

from datetime import timedelta
from typing import Any

import pytest

from switchboard.domain.effects import AddTask, AnswerClient, RecordDeal, TellClient
from tests.flows.survey_story import CLIENT, DEAL, QUESTIONS, SMS, Story, asked, playbook

FIRST = "Вопрос 1 из 3. Как вам работа мастера?\nОтветьте числом: 1 — очень плохо, 10 — отлично"
SECOND = FIRST.replace("1 из 3. Как вам работа мастера?", "2 из 3. Как быстро мы справились?")
THIRD = FIRST.replace("1 из 3. Как вам работа мастера?", "3 из 3. Как вам цена?")
THANKS = "Спасибо за ответы! Они помогают нам становиться лучше."
UNCLEAR = "Не получилось понять ответ. Напишите его, пожалуйста, ещё раз."
HANDED = "Передали ваши слова администратору, он ответит вам."


def _by_phone(**changes: Any) -> Story:
    return asked(chat=None, **changes)


def test_his_first_words_bring_the_first_question_and_his_scores_the_others() -> None:
    story = _by_phone()
    assert story.it.channel == "whatsapp"
    assert story.write("Да, спасибо") == "talking"
    assert story.answers_in_whatsapp == [FIRST]
    answer = story.effect("q2", AnswerClient)
    assert (answer.client, answer.deal, answer.group) == (CLIENT, DEAL, f"talk.{CLIENT}")

    assert [story.write("9"), story.write("восемь")] == ["answered", "answered"]
    assert story.answers_in_whatsapp == [FIRST, SECOND, THIRD]
    assert story.write("10!") == "completed"
    assert story.answers_in_whatsapp[3:] == [THANKS]
    assert (story.it.average, story.it.site) == (9.0, "Яндекс Картах")
    assert story.effect("results.completed", RecordDeal).results["average"] == 9.0
    invite = story.effect("invite", TellClient)
    # In words of our own: he has just written, so no template is needed.
    assert (invite.channel, invite.free) == ("whatsapp", True)
    assert story.messages == {}


@pytest.mark.parametrize("text", ["8", "10!", "спасибо", "👍"])
def test_a_score_that_nobody_has_asked_for_is_none(text: str) -> None:
    story = _by_phone()
    assert story.write(text) == "talking"
    assert (story.it.answers, story.names) == ((), ["q2"])


def test_a_quick_reply_of_the_template_begins_and_says_nothing() -> None:
    story = _by_phone()
    assert story.write("Ответить в чате", reply=True) == "talking"
    assert story.names == ["q2"]


@pytest.mark.parametrize(
    "text", ["Вы мне колесо испортили! Перезвоните!", "До скольки вы сегодня?", "Колесо спускает"]
)
def test_who_tells_or_asks_something_with_his_first_words_gets_a_person_and_no_question(
    text: str,
) -> None:
    story = _by_phone()
    assert story.write(text) == "passed_on"
    assert text in story.effects[0].model_dump()["text"]
    assert story.effect("task.talk", AddTask).text.endswith(text)
    assert story.answers_in_whatsapp == [HANDED]
    # He may answer all the same.
    assert [story.write("да"), story.write("9")] == ["talking", "answered"]
    assert story.answers_in_whatsapp == [HANDED, FIRST, SECOND]


STOPPED = "Хорошо, больше ни о чём не спросим. Извините за беспокойство."


@pytest.mark.parametrize(
    ("text", "reply"),
    [
        ("Стоп", False),
        ("STOP!", False),
        ("Отпишите меня, пожалуйста", False),
        ("не пишите мне больше", False),
        ("Stop promotions", True),
        ("Остановить рекламные сообщения", True),
    ],
)
def test_who_wants_no_questions_is_asked_none(text: str, reply: bool) -> None:
    story = _by_phone()
    assert story.write(text, reply=reply) == "stopped"
    assert (story.it.state, story.it.reason) == ("silent", "stopped")
    assert story.answers_in_whatsapp == [STOPPED]
    assert text in story.effects[0].model_dump()["text"]
    assert [story.time_for("remind"), story.time_for("close")] == ["unchanged", "unchanged"]


def test_what_he_has_answered_before_he_stops_counts() -> None:
    story = _by_phone()
    for text in ("да", "4 из 10"):
        story.write(text)
    assert story.write("отстаньте") == "stopped"
    assert (story.it.state, story.it.average) == ("partial", 4.0)
    assert story.effect("results.partial", RecordDeal).results["average"] == 4.0
    # He was unhappy: a person may call him, and no message comes.
    assert story.effect("task.low", AddTask).deal == DEAL
    assert not any(isinstance(one, TellClient) for one in story.effects)


def test_he_may_stop_in_telegram_as_well() -> None:
    story = asked()
    assert story.say("стоп") == "stopped"
    assert story.it.state == "silent"
    assert story.chat[-1] == STOPPED
    assert story.messages[story.it.message].buttons == ()


@pytest.mark.parametrize("text", ["не стоп", "стоп-сигнал не горит", "стопка чеков", "почему?"])
def test_what_only_looks_like_it_is_no_stop(text: str) -> None:
    story = _by_phone()
    assert story.write(text) != "stopped"


def test_a_quick_reply_in_the_middle_shows_the_question_again_and_after_the_end_nothing() -> None:
    questions = [QUESTIONS[0], {"id": "words", "kind": "text", "text": "Что улучшить?"}]
    story = _by_phone(by=playbook({"questions": questions}))
    story.write("Ответить в чате", reply=True)
    story.write("9")
    # The reminder has the same button; it is no answer to a question about words.
    assert story.write("Ответить в чате", reply=True) == "talking"
    assert len(story.it.answers) == 1
    assert story.answers_in_whatsapp[-1] == story.answers_in_whatsapp[-2]
    assert story.write("Всё хорошо") == "completed"
    assert story.write("Ответить в чате", reply=True) == "unchanged"
    assert story.effects == ()


def test_a_score_that_was_written_before_the_question_was_shown_is_not_its_answer() -> None:
    """Everything came late, and at once: what he has not seen he cannot have answered."""
    story = _by_phone()
    early = story.written("9")
    story.now += timedelta(hours=1)
    story.write("да")
    assert story.tell(early) == "stale"
    # WhatsApp's clock may be a little behind ours.
    assert story.tell(story.written("8", at=story.now - timedelta(seconds=4))) == "answered"
    assert [one.value for one in story.it.answers] == [8]


def test_words_that_are_no_answer_are_answered_kindly_once_and_then_go_to_a_person() -> None:
    story = _by_phone()
    story.write("да")
    assert story.write("нормально") == "unclear"
    assert story.answers_in_whatsapp[1:] == [f"{UNCLEAR}\n\n{FIRST}"]
    assert story.write("перезвоните мне") == "passed_on"
    assert story.answers_in_whatsapp[2:] == [HANDED]
    assert story.effect("task.talk", AddTask).deal == DEAL
    # He may still answer, and is not told of a person a second time.
    assert story.write("9") == "answered"
    assert story.write("ну сколько можно") == "passed_on"
    assert story.answers_in_whatsapp[3:] == [SECOND]


def test_choices_are_numbered_and_words_of_his_own_are_taken_as_they_are() -> None:
    questions = [
        {"id": "again", "kind": "choice", "text": "Приедете ещё?", "choices": ["Да", "Нет <3"]},
        {"id": "nps", "kind": "nps", "text": "Порекомендуете?"},
        {"id": "words", "kind": "text", "text": "Что улучшить?"},
    ]
    story = _by_phone(by=playbook({"questions": questions}))
    story.write("здравствуйте")
    assert story.write("2") == "answered"
    assert story.write("0") == "answered"
    assert story.write("Кофе & печенье") == "completed"
    assert story.answers_in_whatsapp[:3] == [
        "Вопрос 1 из 3. Приедете ещё?\nОтветьте номером:\n1. Да\n2. Нет <3",
        "Вопрос 2 из 3. Порекомендуете?\nОтветьте числом: 0 — ни за что, 10 — обязательно",
        "Вопрос 3 из 3. Что улучшить?",
    ]
    assert [(one.value, one.text) for one in story.it.answers] == [
        (1, "Нет <3"),
        (0, ""),
        (None, "Кофе & печенье"),
    ]


def test_the_owners_markup_does_not_show_in_whatsapp() -> None:
    texts = {"survey.question": "<b>{n}/{total}</b> <i>{question}</i>"}
    story = _by_phone(by=playbook(texts=texts))
    story.write("да")
    assert story.answers_in_whatsapp[0].startswith("1/3 Как вам работа мастера?\n")


def test_told_twice_it_is_heard_once() -> None:
    story = _by_phone()
    story.write("да")
    event = story.written("9")
    assert [story.tell(event), story.tell(event)] == ["answered", "unchanged"]
    assert len(story.it.answers) == 1
    assert story.answers_in_whatsapp == [FIRST, SECOND]


def test_he_may_change_to_the_page_in_the_middle() -> None:
    story = _by_phone()
    story.write("да")
    story.write("9")
    assert story.fill(work="9", speed="10", price="8") == "completed"
    assert story.it.average == 9.0
    # The page thanks by itself; what he writes afterwards goes to a person.
    assert story.answers_in_whatsapp == [FIRST, SECOND]
    assert story.write("а ещё у вас холодно") == "passed_on"
    assert story.answers_in_whatsapp[2:] == [HANDED]


def test_who_was_asked_by_sms_may_write_in_whatsapp_as_well() -> None:
    story = _by_phone(by=playbook(channels=SMS))
    assert story.it.channel == "sms"
    assert [story.write("да"), story.write("2")] == ["talking", "answered"]
    assert story.answers_in_whatsapp == [FIRST, SECOND]
    assert [story.write("3"), story.write("1")] == ["answered", "completed"]
    apology = story.effect("apology", TellClient)
    assert (apology.channel, apology.free) == ("whatsapp", True)


def test_on_the_page_the_review_is_asked_for_by_a_template() -> None:
    story = _by_phone()
    story.write("да")
    assert story.fill(work="9", speed="10", price="8") == "completed"
    assert story.effect("invite", TellClient).free is False


@pytest.mark.parametrize("reply", [True, False])
def test_whom_telegram_did_not_reach_is_asked_in_whatsapp(reply: bool) -> None:
    """His invitation was decided for Telegram, and the sender has sent it by WhatsApp instead."""
    story = asked()
    assert story.write("Да", reply=reply) == "talking"
    assert (story.it.channel, story.it.chat) == ("whatsapp", None)
    assert story.answers_in_whatsapp == [FIRST]
    # If it has come there all the same, it can be pressed no more.
    assert [one.buttons for one in story.messages.values()] == [()]
    assert [story.write("9"), story.write("9"), story.write("9")][-1] == "completed"


def test_the_question_in_telegram_loses_its_buttons_also_after_unclear_words_there() -> None:
    story = asked()
    story.say("нормально")
    assert story.write("да") == "talking"
    assert [one.buttons for one in story.messages.values()] == [(), ()]
    ids = [effect.id for effect in story.all_effects]
    assert len(set(ids)) == len(ids)


def test_who_has_answered_in_telegram_goes_on_there() -> None:
    story = asked()
    story.press("9")
    question = story.question
    assert story.write("10") == "passed_on"
    assert story.answers_in_whatsapp == [HANDED]
    assert (len(story.it.answers), story.question) == (1, question)


def test_the_reminder_leads_to_the_page_and_he_may_still_write() -> None:
    story = _by_phone()
    story.write("да")
    assert story.time_for("remind") == "reminded"
    assert story.effect(story.it.message.split(":", 2)[2], TellClient).about == "reminder"
    assert story.write("7") == "answered"
    assert story.it.answers[0].value == 7


def test_after_the_time_is_over_words_change_no_result() -> None:
    story = _by_phone()
    story.write("да")
    story.write("9")
    assert story.time_for("close", timedelta(minutes=1)) == "partial"
    assert story.write("10") == "passed_on"
    assert len(story.it.answers) == 1
    assert len(QUESTIONS) == 3
