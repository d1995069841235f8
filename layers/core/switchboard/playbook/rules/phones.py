"""WhatsApp and SMS: that a client without Telegram is reached, and that templates can be filled."""

from collections.abc import Iterator, Mapping
from typing import Literal

from switchboard.playbook.model import Playbook, Reviews, Whatsapp
from switchboard.playbook.read import Path
from switchboard.playbook.rules.objection import Objection, Rule

_ANYBODY = frozenset({"first_name", "company"})
PARAMETERS: Mapping[str, frozenset[str]] = {
    "survey": _ANYBODY | {"url"},
    "reminder": _ANYBODY | {"url"},
    "review": _ANYBODY | {"bonus", "url"},
    "apology": _ANYBODY | {"until"},
    "bonus": _ANYBODY | {"bonus", "until"},
    "redeemed": _ANYBODY | {"bonus", "until"},
    "expired": _ANYBODY | {"bonus", "until"},
}
"""What each message has a value for. WhatsApp refuses an empty variable."""
_WITH_LINK: tuple[Literal["survey", "reminder", "review"], ...] = ("survey", "reminder", "review")


def _reached(playbook: Playbook) -> Iterator[Objection]:
    if playbook.reviews is None or playbook.sms is not None:
        return
    if playbook.whatsapp is None or "survey" not in playbook.whatsapp.templates:
        reason = "There is no section `sms`, and no WhatsApp template `survey`."
        yield "telegram-only", ("reviews",), reason


def _templates(playbook: Playbook) -> Iterator[Objection]:
    whatsapp, reviews = playbook.whatsapp, playbook.reviews
    if whatsapp is None or reviews is None:
        return
    path: Path = ("whatsapp", "templates")
    if "survey" not in whatsapp.templates:
        reason = "There is no template `survey`, so no client is asked by WhatsApp."
        yield "whatsapp-template", path, reason
    elif playbook.sms is None:
        for name in _needed(reviews):
            if name not in whatsapp.templates:
                reason = f"There is no template `{name}`, and no section `sms` instead of it."
                yield "whatsapp-template", path, reason


def _needed(reviews: Reviews) -> Iterator[str]:
    """What else a client is told who was asked by WhatsApp."""
    if reviews.survey.remind_after_hours is not None:
        yield "reminder"
    if any(question.kind == "score" for question in reviews.survey.questions):
        yield "apology"
    if reviews.sites:
        yield "review"
    if reviews.bonus is not None:
        yield from ("bonus", "expired")
        if reviews.bonus.spent_stages:
            yield "redeemed"


def _unheard(playbook: Playbook) -> Iterator[Objection]:
    """WhatsApp accepts a message for whoever has none, and says so afterwards."""
    for whatsapp in _numbers(playbook):
        wanted = {"app_secrets": whatsapp.app_secrets, "verify_token": whatsapp.verify_token}
        missing = [f"`{name}`" for name, given in wanted.items() if not given]
        if whatsapp.templates and missing:
            yield "whatsapp-unheard", ("whatsapp",), f"There is no {' and no '.join(missing)}."


def _parameters(playbook: Playbook) -> Iterator[Objection]:
    for whatsapp in _numbers(playbook):
        for about, template in whatsapp.templates.items():
            allowed = PARAMETERS[about]
            for position, name in enumerate(template.parameters):
                if name not in allowed:
                    path: Path = ("whatsapp", "templates", about, "parameters", position)
                    known = ", ".join(sorted(allowed))
                    reason = f"`{name}` has no value here; allowed: {known}."
                    yield "whatsapp-parameter", path, reason


def _links(playbook: Playbook) -> Iterator[Objection]:
    for whatsapp in _numbers(playbook):
        for about in _WITH_LINK:
            template = whatsapp.templates.get(about)
            if template is None or template.link == "button" or "url" in template.parameters:
                continue
            path: Path = ("whatsapp", "templates", about)
            yield "whatsapp-link", path, "`link: text`, and `url` is not among the parameters."


def _promises(playbook: Playbook) -> Iterator[Objection]:
    """One template serves all sites, whether or not they give a bonus."""
    for whatsapp in _numbers(playbook):
        template = whatsapp.templates.get("review")
        if template is None or "bonus" not in template.parameters or playbook.reviews is None:
            continue
        without = [f"`{site.name}`" for site in playbook.reviews.sites if not site.bonus]
        if without:
            path: Path = ("whatsapp", "templates", "review")
            reason = f"The template names a bonus, and {', '.join(without)} gives none."
            yield "whatsapp-promise", path, reason


def _numbers(playbook: Playbook) -> Iterator[Whatsapp]:
    if playbook.whatsapp is not None:
        yield playbook.whatsapp


RULES: tuple[Rule, ...] = (_reached, _templates, _unheard, _parameters, _links, _promises)
