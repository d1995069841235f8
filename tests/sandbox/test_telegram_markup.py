"""Telegram's HTML and its limits, without a server."""

import pytest

from sandbox.settings_telegram import TelegramPace
from sandbox.telegram.errors import BotApiError
from sandbox.telegram.markup import parse
from sandbox.telegram.pace import Pace


@pytest.mark.parametrize(
    ("source", "refusal"),
    [
        ("<b>x", 'Can\'t find end tag corresponding to start tag "b"'),
        ("<b>x</i>", 'Unmatched end tag at byte offset 4, expected "</b>", found "</i>"'),
        ("ё</b>", "Unexpected end tag at byte offset 2"),
        ("<table>x</table>", 'Unsupported start tag "table" at byte offset 0'),
        ("2 < 3", "Unclosed start tag at byte offset 2"),
        ("a <b", "Unclosed start tag at byte offset 2"),
        ("<span>x</span>", "must have class"),
    ],
)
def test_bad_markup_is_refused_in_telegrams_words(source: str, refusal: str) -> None:
    with pytest.raises(BotApiError) as refused:
        parse(source, "HTML")
    assert refused.value.code == 400
    assert refused.value.description.startswith("Bad Request: can't parse entities: ")
    assert refusal in refused.value.description


def test_entities_are_measured_in_utf16() -> None:
    marked = parse('😀 <b>ж<i>и</i></b> <a href="https://example.test/?a=1&amp;b=2">т</a>', "HTML")
    assert marked.text == "😀 жи т"
    assert marked.entities == [
        {"type": "bold", "offset": 3, "length": 2},
        {"type": "italic", "offset": 4, "length": 1},
        {"type": "text_link", "offset": 6, "length": 1, "url": "https://example.test/?a=1&b=2"},
    ]


def test_only_telegrams_references_are_replaced() -> None:
    assert parse("&lt;b&gt; &amp; &nbsp; &#1078; &", "HTML").text == "<b> & &nbsp; ж &"


def test_the_page_gets_no_foreign_tags() -> None:
    shown = parse("&lt;script&gt;<a href='javascript:alert(1)'>x</a>", "HTML").safe_html
    assert shown == '&lt;script&gt;<a href="#">x</a>'
    assert parse("<script>", None).safe_html == "&lt;script&gt;"


@pytest.mark.parametrize("text", ["", "   ", "<b> </b>"])
def test_an_empty_text_is_refused(text: str) -> None:
    with pytest.raises(BotApiError, match="message text is empty"):
        parse(text, "HTML")


def test_a_chat_takes_a_burst_and_then_one_message_a_second() -> None:
    pace = Pace(TelegramPace(per_chat_burst=2))
    at = [pace.admit(7, group=False, now=now) for now in (100.0, 100.0, 100.0)]
    assert at == [None, None, 1]
    assert pace.admit(8, group=False, now=100.0) is None
    assert pace.admit(7, group=False, now=100.5) is not None
    assert pace.admit(7, group=False, now=102.0) is None


def test_a_group_takes_twenty_messages_a_minute() -> None:
    pace = Pace(TelegramPace(per_chat_burst=100))
    assert {pace.admit(-7, group=True, now=100.0 + n) for n in range(20)} == {None}
    assert pace.admit(-7, group=True, now=120.0) == 40
    assert pace.admit(-7, group=True, now=140.0) == 20
    assert pace.admit(-7, group=True, now=160.5) is None


def test_thirty_messages_a_second_in_all() -> None:
    pace = Pace(TelegramPace())
    waits = [pace.admit(n, group=False, now=100.0) for n in range(31)]
    assert waits == [None] * 30 + [1]
