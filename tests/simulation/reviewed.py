"""The playbook's sections of a branch with reviews, as a seed draws them."""

from collections.abc import Mapping
from random import Random
from typing import Any

from tests.simulation import onec
from tests.simulation.amocrm import (
    ANSWERS,
    AVERAGE,
    BALANCE,
    BONUS,
    LOST,
    REVIEW,
    SCORES,
    TALKS,
    VARIANT,
    WON,
)

HOST = "reviews.example"
PHONE_ID = "100000000000001"
SITE, OTHER_SITE = "https://maps.example/review", "https://city.example/firm"

_QUESTIONS: tuple[list[dict[str, Any]], ...] = (
    [{"id": "work", "text": "work?"}],
    [{"id": "work", "text": "work?"}, {"id": "master", "kind": "score", "text": "master?"}],
    [
        {"id": "work", "text": "work?"},
        {"id": "kind", "kind": "choice", "text": "kind?", "choices": ["tyres", "oil"]},
        {"id": "again", "kind": "nps", "text": "again?"},
        {"id": "words", "kind": "text", "text": "words?"},
    ],
)
_QUIET = (
    {"start": "20:00", "end": "10:00"},
    {"start": "18:00", "end": "17:00"},
    {"start": "01:00", "end": "05:00"},
    {"start": "00:00", "end": "00:00"},
)
_TEXTS = {
    "survey.sms": "asked {url}",
    "survey.reminder_sms": "reminded {url}",
    "survey.apology_sms": "sorry",
    "survey.invite": "asked",
    "survey.reminder": "reminded",
    "review.invite_sms": "review {url}",
    "review.invite_bonus_sms": "review {bonus} {url}",
    "survey.question": "{n}/{total} {question}",
    "survey.question_only": "1/1 {question}",
    "crm.survey_task": "low {average}",
}


_SMS = {
    "kind": "smsc",
    "base_url": "https://sms.example",
    "login": "env:TEST_SMS_LOGIN",
    "password": "env:TEST_SMS_PASSWORD",
}


def draw(chance: Random) -> dict[str, Any]:
    """What does not change while the branch lives: its channels, and where bonuses are written."""
    shape: onec.Shape | None = chance.choice((None, "put", "put", "find", "find", "neither"))
    results = {
        "average": AVERAGE,
        "variant": VARIANT,
        "answers": ANSWERS,
        "scores": SCORES,
        "review": REVIEW,
        "bonus": BONUS,
    }
    if chance.random() < 0.8:
        results["balance"] = BALANCE
    whatsapp = _whatsapp(chance) if chance.random() < 0.6 else None
    by_sms = whatsapp is None or chance.random() < 0.9
    return {
        "timezone": chance.choice(("Europe/Moscow", "Europe/Moscow", "Asia/Vladivostok")),
        "sms": _SMS if by_sms else None,
        "whatsapp": whatsapp,
        "loyalty": None if shape is None else onec.section(shape),
        "results": results,
        "texts": _TEXTS,
        "requests_per_second": chance.choice((7, 50)),
        "reviews": _reviews(chance),
    }


def redrawn(sections: Mapping[str, Any], chance: Random) -> dict[str, Any]:
    """Another version: other rules, the same fields and the same 1C."""
    return {**sections, "reviews": _reviews(chance)}


def _whatsapp(chance: Random) -> dict[str, Any]:
    """Templates differ in whether the link stands in the text. What has none goes by SMS."""
    if chance.random() < 0.5:
        linked = {"link": "button", "parameters": ["company"]}
    else:
        linked = {"link": "text", "parameters": ["company", "url"]}
    templates: dict[str, dict[str, Any]] = {
        "survey": {"name": "survey", **linked},
        "reminder": {"name": "reminder", **linked},
        "apology": {"name": "apology", "parameters": ["company", "until"]},
        "bonus": {"name": "bonus", "parameters": ["bonus", "until"]},
        "expired": {"name": "expired", "parameters": ["first_name", "bonus"]},
    }
    if chance.random() < 0.6:
        templates["review"] = {"name": "review", **linked}
    return {
        "base_url": "https://whatsapp.example",
        "phone_id": PHONE_ID,
        "token": "env:TEST_WHATSAPP_TOKEN",
        "app_secrets": ["env:TEST_WHATSAPP_SECRET"],
        "verify_token": "env:TEST_WHATSAPP_VERIFY",
        "templates": templates,
    }


def _reviews(chance: Random) -> dict[str, Any]:
    one_of = chance.choice
    bonus = {
        "amount": one_of((300, 500)),
        "lifetime_days": one_of((1, 2)),
        "stages": [TALKS],
        "spend": one_of(("show", "take_off", "take_off")),
        "percent_at_most": one_of((30, 100)),
        "spent_stages": [WON],
        "lost_stages": [LOST],
    }
    with_bonus = chance.random() < 0.85
    sites = [{"name": "maps", "url": SITE, "bonus": with_bonus, "ask": one_of(_ASK)}]
    if chance.random() < 0.3:
        sites.append({"name": "city", "url": OTHER_SITE, "ask": one_of(_ASK)})
    return {
        "company": "Шины",
        "public_url": f"https://{HOST}",
        "link_key": "env:TEST_LINK_KEY",
        "happy_from": 8,
        "link_days": one_of((1, 3)),
        "sites": sites,
        "bonus": bonus if with_bonus else None,
        "survey": {
            "stages": [WON],
            "delay_minutes": one_of((0, 1, 30, 120)),
            "latest_hours": one_of((2, 48)),
            "quiet_hours": one_of(_QUIET),
            "again_after_days": one_of((0, 1, 30)),
            "per_day": one_of((None, None, 1, 2)),
            "questions": one_of(_QUESTIONS),
            "remind_after_hours": one_of((None, 1, 4)),
            "close_after_hours": one_of((2, 12, 30)),
            "variants": one_of(((), _VARIANTS)),
        },
    }


_ASK = ("everyone", "everyone", "happy")
_VARIANTS = (
    {"name": "A", "weight": 50},
    {"name": "B", "weight": 50, "delay_minutes": 5, "sms": "asked B {url}", "text": "asked B"},
)
