"""Lines of the log in plain words."""

from typing import Any

import pytest

from cli.trace_words import of_line

_VISITOR = {"survey": "bitrix24-501", "verdict": "person", "reason": ""}


@pytest.mark.parametrize(
    ("line", "words"),
    [
        (
            {"message": "press", "action": "claim", "job": "amocrm-1", "outcome": "won"},
            "a worker pressed “claim” on amocrm-1: won",
        ),
        (
            {"message": "press", "outcome": "first", **_VISITOR},
            "the button behind the review link of bitrix24-501 was pressed by a person: first",
        ),
        (
            {
                "message": "webhook",
                "provider": "whatsapp",
                "messages": 2,
                "failures": 1,
                "ignored": [],
                "outcome": "accepted",
            },
            "WhatsApp told of 2 message(s) and 1 failure(s): accepted",
        ),
        (
            {"message": "webhook", "provider": "amocrm", "deals": 1, "outcome": "accepted"},
            "amocrm told of 1 deal(s): accepted",
        ),
        (
            {"message": "verified", "provider": "whatsapp"},
            "Meta asked whether the address is the branch's, and it is",
        ),
        (
            {"message": "visit", "outcome": "page", **_VISITOR},
            "the review link of bitrix24-501 was opened by a person: page",
        ),
        (
            {"message": "survey page", "survey": "bitrix24-501", "outcome": "filled"},
            "the page of bitrix24-501 was filled",
        ),
        (
            {
                "message": "event",
                "kind": "link_pressed",
                "subject": "bitrix24-501",
                "outcome": "pressed",
            },
            "the press of a review link of bitrix24-501: pressed",
        ),
        (
            {"message": "due", "kind": "survey_due", "subject": "bitrix24-501"},
            "the moment to ask the client of bitrix24-501 has come due",
        ),
        (
            {
                "message": "effect",
                "kind": "move_bonus",
                "effect": "b-1.earn",
                "provider": "loyalty",
                "outcome": "delivered",
            },
            "a movement of a bonus (b-1.earn) to loyalty: delivered",
        ),
    ],
)
def test_a_line_says_what_it_is_about(line: dict[str, Any], words: str) -> None:
    told = of_line({"timestamp": "2025-11-21 09:00:00,000+0000", "service": "click", **line})
    assert told is not None
    assert told.what == words
