"""Every text that the product says, which placeholders it may use, and how long it may get."""

from collections.abc import Mapping
from typing import Literal, NamedTuple

Language = Literal["ru", "en"]

MESSAGE_LIMIT = 4096
"""Characters of a Telegram message after its markup is parsed."""
TOAST_LIMIT = 200
"""Characters of an answer to a button press (Bot API, answerCallbackQuery)."""
BUTTON_LIMIT = 64
"""Characters that a button shows before a phone cuts them; Telegram itself allows more."""


class Spec(NamedTuple):
    """One text: the placeholders that may stand in it, its limit, whether it may hold markup."""

    placeholders: frozenset[str]
    limit: int = MESSAGE_LIMIT
    markup: bool = True


_JOB = frozenset({"title", "conditions", "deadline", "pay", "skills"})
_WORKER = frozenset({"first_name", "name", "login"})
_LINK = frozenset({"url"})
_RESULT = frozenset({"average", "variant", "answers", "left_off"})
_BONUS = frozenset({"company", "bonus", "balance", "until"})

COMMENT_LIMIT = 100
"""Characters: 1C cuts a comment's end without a word."""
SMS_LIMIT = 335
"""Characters of five parts of a Russian SMS; each part costs as much as a message."""


def _toast(*placeholders: str) -> Spec:
    return Spec(frozenset(placeholders), TOAST_LIMIT, markup=False)


def _button() -> Spec:
    return Spec(frozenset(), BUTTON_LIMIT, markup=False)


def _sms(*placeholders: str) -> Spec:
    """Plain words; `{url}` is filled in by the sender, since only then there is a link."""
    return Spec(frozenset(placeholders), SMS_LIMIT, markup=False)


def _words(*placeholders: str) -> Spec:
    return Spec(frozenset(placeholders), markup=False)


def _comment() -> Spec:
    return Spec(frozenset({"deal"}), COMMENT_LIMIT, markup=False)


CATALOGUE: Mapping[str, Spec] = {
    # The post in the workers' chat, and what becomes of it.
    "job.offered": Spec(_JOB),
    "job.claimed": Spec(_JOB | _WORKER),
    "job.withdrawn": Spec(_JOB),
    "job.done": Spec(_JOB | _WORKER),
    "job.line.conditions": Spec(frozenset({"conditions"})),
    "job.line.deadline": Spec(frozenset({"deadline"})),
    "job.line.pay": Spec(frozenset({"pay"})),
    "job.line.skills": Spec(frozenset({"skills"})),
    "job.button.contact": _button(),
    "job.button.claim": _button(),
    # What the chat, the worker and the manager are told.
    "chat.found": Spec(_JOB | _WORKER),
    "chat.start_first": Spec(_WORKER | {"title"}),
    "chat.button.start": _button(),
    "worker.claimed": Spec(_JOB | {"client", "phone"}),
    "worker.contact": Spec(_JOB | {"client", "phone"}),
    "worker.no_phone": Spec(_JOB | {"client"}),
    "worker.contact_gone": Spec(_JOB),
    "worker.contact_taken": Spec(_JOB | {"first_name"}),
    "worker.withdrawn": Spec(_JOB),
    "worker.greeting": Spec(frozenset({"first_name"})),
    "worker.link_invalid": Spec(frozenset({"first_name"})),
    "manager.claimed": Spec(_JOB | _WORKER | _LINK),
    "manager.unclaimed": Spec(_JOB | _LINK | {"minutes"}),
    # The answers to a press.
    "press.won": _toast(),
    "press.yours": _toast(),
    "press.taken": _toast("first_name"),
    "press.gone": _toast(),
    "press.not_member": _toast(),
    "press.unknown": _toast(),
    "press.stale": _toast(),
    "press.contact_sent": _toast(),
    # The survey of a closed deal, and the way to a review.
    "client.greeting": Spec(frozenset({"first_name", "company"})),
    "client.button.contact": _button(),
    "client.known": Spec(frozenset({"first_name", "company"})),
    "client.foreign_card": Spec(frozenset({"first_name", "company"})),
    "client.nothing_asked": Spec(frozenset({"company"})),
    "survey.hello": Spec(frozenset({"first_name"}), markup=False),
    "survey.hello_stranger": Spec(frozenset(), markup=False),
    "survey.invite": Spec(frozenset({"hello", "company"})),
    "survey.question": Spec(frozenset({"n", "total", "question"})),
    "survey.question_only": Spec(frozenset({"n", "total", "question"})),
    "survey.scale.score": Spec(frozenset()),
    "survey.scale.nps": Spec(frozenset()),
    "survey.button.back": _button(),
    "survey.button.skip": _button(),
    "survey.unclear": Spec(frozenset()),
    "survey.written.score": Spec(frozenset(), markup=False),
    "survey.written.nps": Spec(frozenset(), markup=False),
    "survey.written.choice": Spec(frozenset(), markup=False),
    "survey.written.unclear": Spec(frozenset(), markup=False),
    "survey.stopped": Spec(frozenset()),
    "survey.handed": Spec(frozenset()),
    "survey.reminder": Spec(frozenset({"company"})),
    "survey.thanks": Spec(frozenset()),
    "survey.closed": Spec(frozenset()),
    "survey.apology": Spec(frozenset({"company", "until"})),
    "survey.sms": _sms("hello", "company", "url"),
    "survey.reminder_sms": _sms("company", "url"),
    "survey.apology_sms": _sms("company", "until"),
    "review.invite": Spec(frozenset({"site", "company", "bonus"})),
    "review.invite_bonus": Spec(frozenset({"site", "company", "bonus"})),
    "review.invite_sms": _sms("site", "company", "bonus", "url"),
    "review.invite_bonus_sms": _sms("site", "company", "bonus", "url"),
    "review.button": _button(),
    # The client's bonuses.
    "bonus.granted": Spec(_BONUS),
    "bonus.granted_sms": _sms(*_BONUS),
    "bonus.redeemed": Spec(_BONUS),
    "bonus.redeemed_sms": _sms(*_BONUS),
    "bonus.expired": Spec(_BONUS),
    "bonus.expired_sms": _sms(*_BONUS),
    # What stands beside a movement in the loyalty system.
    "loyalty.grant": _comment(),
    "loyalty.redeem": _comment(),
    "loyalty.restore": _comment(),
    "loyalty.expire": _comment(),
    "loyalty.reverse": _comment(),
    # What stands in the CRM.
    "crm.survey_note": Spec(_RESULT, markup=False),
    "crm.survey_task": Spec(_RESULT, markup=False),
    "crm.survey_said": Spec(frozenset({"text"}), markup=False),
    "crm.survey_talk_task": Spec(frozenset({"text"}), markup=False),
    "crm.bonus_shown": Spec(_BONUS, markup=False),
    "crm.bonus_taken_off": Spec(_BONUS, markup=False),
    "crm.bonus_not_taken_off": Spec(_BONUS, markup=False),
    "crm.bonus_given_back": Spec(_BONUS, markup=False),
    "crm.bonus_stuck": Spec(frozenset({"movement", "bonus", "deal"}), markup=False),
    "crm.note": Spec(_WORKER, markup=False),
    "crm.task": Spec(_WORKER | {"title"}, markup=False),
    # What the pages behind links say, in plain words.
    "page.review.from": _words("company"),
    "page.review.title": _words("site"),
    "page.review.bonus": _words("bonus"),
    "page.review.whom": _words(),
    "page.review.any": _words(),
    "page.review.button": _words("site"),
    "page.review.again": _words(),
    "page.unknown.title": _words(),
    "page.unknown.text": _words(),
    "page.expired.title": _words(),
    "page.expired.text": _words(),
    "page.refused.title": _words(),
    "page.refused.text": _words(),
    "page.survey.title": _words(),
    "page.survey.intro": _words(),
    "page.survey.optional": _words(),
    "page.survey.score.low": _words(),
    "page.survey.score.high": _words(),
    "page.survey.nps.low": _words(),
    "page.survey.nps.high": _words(),
    "page.survey.send": _words(),
    "page.survey.incomplete": _words(),
    "page.survey.strange": _words(),
    "page.survey.busy": _words(),
    "page.survey.again": _words(),
    "page.survey.choose": _words(),
    "page.survey.too_long": _words(),
    "page.thanks.title": _words(),
    "page.thanks.text": _words(),
}
