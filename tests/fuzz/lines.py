"""What a door may say in its log: words of ours, names of kinds, ids and sizes; nobody's words."""

import json
import re
from typing import Any

from tests.fuzz.corpus import CANARIES

_KIND = r"[a-z_]{1,40}"
_KINDS = re.compile(rf"kind {_KIND}( {_KIND}){{0,2}}")
_REASONS = {
    "unauthorized",
    "too large",
    "malformed",
    "unknown button",
    "empty",
    "talk in a group",
    "private talk",
    "the branch's CRM is another one",
    "the body is empty",
    "the body is larger than 1 MB",
    "the body is not JSON",
    "the JSON is nested too deeply",
    "no deal id stands where the playbook says",
    "the deal's id is no number and no short text",
    "nothing in the form is a webhook",
    "no deal's id is a number",
    "the content type is not a form's",
    "the form's charset is not UTF-8",
    "the form has too many pairs",
    "the body is not a form",
    "a key of the form is too long",
    "the form is nested too deeply",
    "the form names too many deals",
    "the form names neither an event nor a document",
    "the deal's id is not a number",
    "the sale is no JSON object",
    *(f"`{name}` is no text and no number" for name in ("document", "phone")),
    *(f"`{name}` is empty or too long" for name in ("document", "phone")),
    # The doors of links, and how a visit is judged.
    *("malformed code", "unknown code", "expired", "method", "no address", "no button", ""),
    *("no agent", "prefetch", "crawler", "no browser", "robot", "another site"),
    *(f"page.survey.{problem}" for problem in ("again", "strange", "incomplete")),
}
_PLAIN: dict[str, re.Pattern[str]] = {
    "level": re.compile("INFO|WARNING"),
    "message": re.compile("press|update|webhook|verified|refused|visit|survey page"),
    "branch": re.compile("demo|shop|tyres"),
    "outcome": re.compile(_KIND),
    "action": re.compile("claim|contact"),
    "provider": re.compile("amocrm|generic|bitrix24|onec|whatsapp"),
    "survey": re.compile("bitrix24-501"),
    "verdict": re.compile("person|scanner"),
    "job": re.compile("[a-z0-9]{1,20}-[A-Za-z0-9]{1,20}"),
    "trace": re.compile("[0-9a-f]{16}="),
    "location": re.compile(r"[A-Za-z_.<>]+:[0-9]+"),
    "timestamp": re.compile("[0-9T:.,+Z -]+"),
    "service": re.compile("fuzz-[0-9]+"),
}
_IGNORED = re.compile(rf"{_KIND}(\.{_KIND}){{0,2}}|unknown\.[a-z.]{{1,64}}|on[a-z.]{{1,64}}")
_NUMBERS = {"bytes", "deals", "messages", "failures", "Presses", "Webhooks", "Visits"}


def told(said: str) -> str:
    """What a log says that it must not say; empty where there is nothing."""
    for line in said.splitlines():
        for name, value in json.loads(line).items():
            if not _allowed(name, value):
                return f"{name}: {value}"
    for canary in CANARIES:
        if canary in said or json.dumps(canary)[1:-1] in said:
            return canary
    return ""


def _allowed(name: str, value: Any) -> bool:
    match name:
        case "_aws":
            return True
        case "reason":
            return value in _REASONS or bool(_KINDS.fullmatch(value))
        case "ignored":
            return all(_IGNORED.fullmatch(one) for one in value)
    if name in _NUMBERS:
        return isinstance(value, int)
    return name in _PLAIN and isinstance(value, str) and bool(_PLAIN[name].fullmatch(value))
