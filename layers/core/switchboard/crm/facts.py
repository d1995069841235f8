"""A CRM's words as the facts of a job: clean, and no longer than a post can carry."""

import re
from collections.abc import Mapping

from switchboard.domain.deal import JobFacts
from switchboard.texts.catalogue import Language

TITLE_LIMIT = 200
TEXT_LIMIT = 800
"""Characters. Four such texts and a title stay under a Telegram message's 4096."""

YES_NO: Mapping[Language, tuple[str, str]] = {"ru": ("да", "нет"), "en": ("yes", "no")}

_CONTROL = re.compile(r"[\x00-\x08\x0b-\x1f\x7f\ud800-\udfff]")


def job_facts(
    title: str, *, conditions: str = "", deadline: str = "", pay: str = "", skills: str = ""
) -> JobFacts:
    return JobFacts(
        title=shortened(title, TITLE_LIMIT),
        conditions=shortened(conditions, TEXT_LIMIT),
        deadline=shortened(deadline, TEXT_LIMIT),
        pay=shortened(pay, TEXT_LIMIT),
        skills=shortened(skills, TEXT_LIMIT),
    )


def shortened(text: str, limit: int) -> str:
    """At most `limit` characters; what is cut ends in an ellipsis."""
    clean = _CONTROL.sub("", text.replace("\r\n", "\n")).strip()
    if len(clean) <= limit:
        return clean
    # A joiner or variation selector left at the end would garble the emoji before it.
    return clean[: limit - 1].rstrip(" \n\u200d\ufe0f") + "…"
