"""The survey page: the form, what it takes, and answers that are there before the thanks."""

import html
import json
import re
from datetime import datetime, timedelta
from typing import Any

import pytest

from switchboard.playbook.model import Question
from switchboard.store.links import Links
from tests.doors.link_house import (
    ANSWERS,
    BRANCH,
    QUESTIONS,
    SURVEY,
    UNTIL,
    LinkHouse,
)
from tests.store.conftest import Tables


@pytest.fixture
def house(moto: Any, moto_tables: Tables) -> LinkHouse:
    return LinkHouse(moto, moto_tables("links"), moto_tables("settings"))


def _fields(page: str, name: str) -> list[str]:
    return re.findall(rf'name="{name}" value="([^"]*)"', page)


def _checked(page: str) -> dict[str, str]:
    return dict(re.findall(r'name="(\w+)" value="(\w+)" required checked', page))


def test_the_page_asks_every_question_of_its_playbook(house: LinkHouse) -> None:
    code = house.survey_link()
    answer = house.page(code)
    page = answer["body"]
    assert answer["statusCode"] == 200
    for question in QUESTIONS:
        assert html.escape(str(question["text"])) in page
    assert _fields(page, "quality") == [str(n) for n in range(1, 11)]
    assert _fields(page, "friends") == [str(n) for n in range(11)]
    assert _fields(page, "again") == ["1", "2", "3"]
    assert "Не знаю &lt;пока&gt;" in page
    assert '<textarea id="words" name="words"' in page
    assert page.count("<legend>") == 4
    assert "<script" not in page
    assert "Шинный двор «Пример &amp; Ко»" in page


def test_to_look_at_it_changes_nothing_and_costs_two_reads(house: LinkHouse) -> None:
    code = house.survey_link()
    before = house.stands
    for _ in range(3):
        house.page(code)
        house.page(code, "HEAD")
    # The playbook's version never changes, so it is read once.
    assert house.calls == {"get_item": 7}
    assert house.stands == before
    assert house.queue.messages == []


def test_the_answers_are_in_the_inbox_before_the_client_is_thanked(house: LinkHouse) -> None:
    code = house.survey_link()
    answer = house.fill(code)
    assert answer["statusCode"] == 200
    assert "Спасибо" in answer["body"]
    (message,) = house.queue.messages
    envelope = json.loads(message["MessageBody"])
    event = envelope["event"]
    assert (envelope["branch"], event["kind"], event["survey"]) == (BRANCH, "survey_filled", SURVEY)
    assert event["run"] == 1
    assert event["id"] == envelope["trace"]
    assert event["answers"] == ANSWERS | {"again": "Не знаю <пока>"}
    assert house.calls == {"get_item": 2, "send_message": 1, "update_item": 1}


def test_who_has_answered_is_thanked_and_not_asked_again(house: LinkHouse) -> None:
    code = house.survey_link()
    house.fill(code)
    for answer in (house.page(code), house.fill(code)):
        assert answer["statusCode"] == 200
        assert "Спасибо" in answer["body"]
        assert "<form" not in answer["body"]
    house.now = UNTIL + timedelta(days=1)
    assert house.page(code)["statusCode"] == 200
    assert len(house.queue.messages) == 1


class NeverFilled(Links):
    """Links as a second request sees them that came before the first one was done."""

    def filled(self, code: str, at: datetime) -> None:
        del code, at


def test_the_same_answers_sent_twice_at_once_have_one_name(moto: Any, moto_tables: Tables) -> None:
    house = LinkHouse(moto, moto_tables("links"), moto_tables("settings"), kind=NeverFilled)
    codes = house.survey_link(), house.survey_link()
    house.fill(codes[0])
    house.fill(codes[0], dict(reversed(ANSWERS.items())))
    house.fill(codes[0], ANSWERS | {"quality": "1"})
    house.fill(codes[1])
    names = [message["MessageDeduplicationId"] for message in house.queue.messages]
    assert names[0] == names[1]
    assert len(set(names)) == 3


def test_an_inbox_that_is_down_is_no_thanks(house: LinkHouse) -> None:
    code = house.survey_link()
    house.queue.down = True
    answer = house.fill(code)
    assert answer["statusCode"] == 503
    assert _checked(answer["body"])["quality"] == "9"
    assert "Ничего</textarea>" in answer["body"]
    house.queue.down = False
    assert house.fill(code)["statusCode"] == 200
    assert len(house.queue.messages) == 1


def test_words_may_be_left_out_and_nothing_else(house: LinkHouse) -> None:
    code = house.survey_link()
    assert house.fill(code, ANSWERS | {"words": " \r\n"})["statusCode"] == 200
    (event,) = house.queue.events
    assert "words" not in event["answers"]
    for question in ("quality", "speed", "friends", "again"):
        sent = {name: value for name, value in ANSWERS.items() if name != question}
        answer = house.fill(house.survey_link(), sent)
        assert answer["statusCode"] == 422
        assert f'aria-describedby="{question}-problem"' in answer["body"]
        assert answer["body"].count("Выберите ответ.") == 1
        left = set(sent) - {"words"}
        assert _checked(answer["body"]).keys() == left
    assert len(house.queue.messages) == 1


@pytest.mark.parametrize(
    "wrong",
    [
        *({"quality": "0"}, {"quality": "11"}, {"quality": "8.5"}, {"quality": "восемь"}),
        *({"quality": " 9"}, {"quality": "٩"}, {"quality": ""}, {"quality": "9" * 1000}),
        *({"friends": "-1"}, {"friends": "11"}, {"again": "0"}, {"again": "4"}, {"again": "Да"}),
        {"words": "я" * 1001},
    ],
    ids=str,
)
def test_what_no_form_of_ours_can_hold_is_asked_again(
    house: LinkHouse, wrong: dict[str, str]
) -> None:
    answer = house.fill(house.survey_link(), ANSWERS | wrong)
    assert answer["statusCode"] == 422
    assert "<form" in answer["body"]
    assert 'role="alert"' in answer["body"]
    assert house.queue.messages == []


def test_a_thousand_letters_on_several_lines_are_taken(house: LinkHouse) -> None:
    text = "я" * 500 + "\r\n" + "ю" * 499
    assert house.fill(house.survey_link(), ANSWERS | {"words": text})["statusCode"] == 200
    (event,) = house.queue.events
    assert event["answers"]["words"] == text.replace("\r\n", "\n")


@pytest.mark.parametrize(
    "body",
    [
        "quality=9&speed=10&friends=0&again=3&unknown=1",
        "quality=9&quality=8&speed=10&friends=0&again=3",
        "quality=9&speed=10&friends=0&again=3&words=%FF",
        b"quality=9&speed=10&friends=0&again=3&words=\xff",
        "&".join(f"q{n}=1" for n in range(60)),
        '{"quality": 9}',
    ],
)
def test_what_is_no_form_of_ours_is_refused(house: LinkHouse, body: str | bytes) -> None:
    answer = house.fill(house.survey_link(), body)
    assert answer["statusCode"] in (400, 422)
    assert "<form" in answer["body"]
    assert house.queue.messages == []


@pytest.mark.parametrize("kind", ["", "application/json", "multipart/form-data; boundary=x"])
def test_another_kind_of_body_is_refused(house: LinkHouse, kind: str) -> None:
    assert house.fill(house.survey_link(), content_type=kind)["statusCode"] == 400
    assert house.queue.messages == []


@pytest.mark.parametrize("headers", [{"sec_fetch_site": "cross-site"}, {"origin": "null"}], ids=str)
def test_another_sites_form_is_refused(house: LinkHouse, headers: dict[str, str]) -> None:
    answer = house.fill(house.survey_link(), **headers)
    assert answer["statusCode"] == 403
    assert _checked(answer["body"])["quality"] == "9"
    assert house.queue.messages == []


@pytest.mark.parametrize("code", ["", "a" * 11, "a" * 13, "../../../etc/", "абвгдежзикла"])
def test_what_cannot_be_a_code_costs_no_call(house: LinkHouse, code: str) -> None:
    for answer in (house.page(code), house.fill(code)):
        assert answer["statusCode"] == 404
        assert "Такой ссылки нет" in answer["body"]
    assert house.calls == {}


def test_guessed_codes_and_review_links_are_unknown(house: LinkHouse) -> None:
    for code in ("A" * 12, house.link()):
        for answer in (house.page(code), house.fill(code)):
            assert answer["statusCode"] == 404
    assert house.queue.messages == []


def test_a_link_that_is_over_takes_no_answers(house: LinkHouse) -> None:
    code = house.survey_link()
    house.now = UNTIL
    for answer in (house.page(code), house.fill(code)):
        assert answer["statusCode"] == 410
        assert "больше не действует" in answer["body"]
    assert house.queue.messages == []


def test_a_playbooks_version_that_is_gone_is_a_link_that_leads_nowhere(house: LinkHouse) -> None:
    assert house.page(house.survey_link(playbook=99))["statusCode"] == 404
    assert house.page(house.survey_link(branch="nobody"))["statusCode"] == 404


def test_what_he_wrote_comes_back_as_text(house: LinkHouse) -> None:
    evil = '</textarea><script>alert("1")</script>&amp;'
    sent = ANSWERS | {"words": evil, "quality": ""}
    page = house.fill(house.survey_link(), sent)["body"]
    assert "<script" not in page
    assert html.escape(evil) in page


def test_answers_stay_out_of_the_log(house: LinkHouse) -> None:
    code = house.survey_link()
    hidden = "звоните +7 900 000-00-07"
    house.fill(code, ANSWERS | {"words": hidden, "speed": ""})
    house.fill(code, ANSWERS | {"words": hidden})
    said = house.said.getvalue()
    for word in (hidden, "900 000", json.dumps(hidden)[1:-1], code):
        assert word not in said
    assert [line["message"] for line in house.log] == ["refused", "survey page"]


def test_a_question_of_any_kind_has_a_form(house: LinkHouse) -> None:
    kinds = {Question.model_validate(question).kind for question in QUESTIONS}
    assert kinds == {"score", "nps", "choice", "text"}
    assert house.page(house.survey_link())["body"].count('class="card"') == 1 + len(QUESTIONS)
