"""Every message of a survey in both languages: filled in, short enough, without a stray brace."""

import re
from typing import Any, Literal

import pytest

from switchboard.channels.telegram.parse import parse
from switchboard.domain.effects import AddNote, AddTask, EditMessage, SendMessage, TellClient
from switchboard.domain.events import ClientAnswered
from switchboard.domain.identity import job_id
from switchboard.flows.survey import wording
from switchboard.flows.survey.survey import Answer, Survey, average_of
from switchboard.flows.survey.table import State
from switchboard.playbook.model import Playbook
from switchboard.playbook.rules import markup
from switchboard.texts.catalogue import MESSAGE_LIMIT, SMS_LIMIT
from tests.flows.survey_rules import CALLBACK_LIMIT
from tests.flows.survey_story import (
    BRANCH,
    CHAT,
    NEUTRAL,
    NOW,
    YANDEX,
    Story,
    asked,
    completed,
    playbook,
    waiting,
)

LANGUAGES = pytest.mark.parametrize("language", ["ru", "en"])
Language = Literal["ru", "en"]
_BRACES = re.compile(r"[{}]")


def _everything(language: Language, chat: int | None = CHAT, **changes: Any) -> list[Story]:
    """One survey for each way that it can go."""
    by = playbook(language=language, sites=[{**YANDEX, "bonus": True}, *NEUTRAL], **changes)
    happy, unhappy = (_filled(by, chat, score) for score in ("9", "1"))
    silent = asked(by, chat=chat)
    silent.say("what?")
    silent.say("<who> & what?")
    silent.time_for("remind")
    silent.time_for("close")
    partial = asked(by, chat=chat)
    partial.fill(work="1")
    partial.time_for("close")
    return [happy, unhappy, silent, partial]


def _filled(by: Playbook, chat: int | None, score: str) -> Story:
    story = asked(by, chat=chat)
    story.fill(**{one.id: score for one in by.reviewing.survey.questions})
    return story


@LANGUAGES
@pytest.mark.parametrize("chat", [CHAT, None])
def test_nothing_is_left_unfilled_but_the_links_place(language: Language, chat: int | None) -> None:
    seen = set[str]()
    for story in _everything(language, chat):
        for effect in story.all_effects:
            seen.add(effect.kind)
            if isinstance(effect, SendMessage | EditMessage | TellClient):
                assert not _BRACES.search(effect.text)
                assert markup.problem(effect.text) is None
            if isinstance(effect, AddNote | AddTask):
                assert not _BRACES.search(effect.text)
            if isinstance(effect, TellClient):
                assert effect.sms.count("{url}") == (0 if effect.link is None else 1)
                assert not _BRACES.search(effect.sms.replace("{url}", ""))
                assert "&amp;" not in effect.sms
                assert len(effect.sms) <= SMS_LIMIT
    assert {"tell_client", "record_deal", "add_note", "add_task", "schedule"} <= seen


@LANGUAGES
def test_the_longest_words_fit(language: Language) -> None:
    questions = [{"id": f"q{n}", "kind": "text", "text": "<Щ" * 250} for n in range(10)]
    by = playbook(
        {"questions": questions, "variants": [{"name": "A", "weight": 1, "text": "Щ" * 1000}]},
        language=language,
        company="&" * 60,
    )
    story = asked(by)
    for _ in questions:
        story.say("<&>" * 1000)
    story.say("<&>" * 1000)
    story.time_for("close")
    for effect in story.all_effects:
        if isinstance(effect, SendMessage | EditMessage | TellClient):
            assert len(_as_telegram_counts(effect.text)) <= MESSAGE_LIMIT


@pytest.mark.parametrize("deal", ["1", "9" * 20, "X" * 21, "ё-длинный-номер"])
def test_callback_data_fits_and_comes_back_as_the_press_it_is(deal: str) -> None:
    questions = [
        {"id": "nps", "kind": "nps", "text": "?"},
        {"id": "again", "kind": "choice", "text": "?", "choices": ["Да", "Нет"]},
        {"id": "words", "kind": "text", "text": "?"},
    ]
    by = playbook({"questions": questions})
    survey = Survey(
        id=job_id("bitrix24", deal),
        provider="bitrix24",
        deal=deal,
        state=State.ASKED,
        run=9999,
        playbook=1,
        begun_at=NOW,
    )
    for at in range(3):
        shown = survey.model_copy(update={"at": at})
        for row in wording.buttons(shown, by):
            for button in row:
                assert len(button.data.encode()) <= CALLBACK_LIMIT
                pressed = _as_telegram_tells(button.data)
                assert isinstance(pressed, ClientAnswered)
                assert (pressed.survey, pressed.run, pressed.question) == (survey.id, 9999, at)


def _as_telegram_tells(data: str) -> object:
    update = (
        '{"update_id": 1, "callback_query": {"id": "77", "from": {"id": 990000011, "first_name":'
        ' "Анна"}, "message": {"chat": {"id": 990000011, "type": "private"}}, "data": "DATA"}}'
    )
    return parse(update.replace("DATA", data).encode(), BRANCH, (), NOW).says


@pytest.mark.parametrize(
    ("scores", "russian", "english"),
    [("9 9 10", "9,33", "9.33"), ("10 10 10", "10", "10"), ("9 9 9", "9", "9"),
     ("1 1 2", "1,33", "1.33"), ("8 9 9", "8,67", "8.67")],
)  # fmt: skip
def test_an_average_as_people_write_it(scores: str, russian: str, english: str) -> None:
    assert f"оценка: {russian}," in completed(scores=scores).effect("note", AddNote).text
    told = completed(playbook(language="en"), scores=scores).effect("note", AddNote).text
    assert f"Average: {english}," in told


@pytest.mark.parametrize(
    ("amount", "shown"),
    [
        (1, "1 бонус "),
        (2, "2 бонуса "),
        (5, "5 бонусов "),
        (21, "21 бонус "),
        (112, "112 бонусов "),
    ],
)
def test_the_noun_goes_with_the_number(amount: int, shown: str) -> None:
    assert f"начислим {shown}" in completed(playbook(bonus={"amount": amount})).chat[-1]


def test_a_clients_name_is_no_markup() -> None:
    story = waiting()
    story.first_name = "<b>{url} & Ко"
    story.time_for("due")
    told = story.effect("q1", TellClient)
    assert told.text.startswith("Здравствуйте, &lt;b&gt;")
    assert told.sms.startswith("Здравствуйте, <b>")


def test_the_playbooks_own_words_go_before_ours() -> None:
    story = asked(playbook(texts={"survey.invite": "{hello} Оцените {company}"}))
    assert story.chat[0].startswith("Здравствуйте, Анна! Оцените Шины &amp; Диски\n\n")


def test_a_variants_words_go_before_the_playbooks() -> None:
    variants = [{"name": "A", "weight": 1, "text": "Вариант для {company}"}]
    by = playbook({"variants": variants}, texts={"survey.invite": "Свой текст"})
    assert asked(by).chat[0].startswith("Вариант для Шины &amp; Диски\n\n")


def test_scores_of_three_thirds_are_rounded_to_two_decimals() -> None:
    questions = playbook().reviewing.survey.questions
    answers = [
        Answer(question=one.id, value=value)
        for one, value in zip(questions, (9, 10, 9), strict=True)
    ]
    assert average_of(answers, questions) == 9.33
    assert average_of((), questions) is None


def _as_telegram_counts(text: str) -> str:
    """The text after its markup is parsed, which is what Telegram limits to 4096."""
    plain = re.sub(r"</?b>", "", text)
    return plain.replace("&lt;", "<").replace("&gt;", ">").replace("&amp;", "&")
