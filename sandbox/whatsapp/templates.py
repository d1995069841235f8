"""Checks a template message against the approved template, and says what the person reads."""

import re
from dataclasses import dataclass
from typing import Any

from sandbox.whatsapp.errors import CloudRefusal, invalid, missing
from sandbox.whatsapp.settings import Template
from sandbox.wire import Json

VARIABLE = re.compile(r"\{\{(\d+)\}\}")
# What WhatsApp does not let into a parameter: it would spoil the template's shape.
UNTIDY = re.compile(r"[\n\t]| {5,}")


@dataclass(frozen=True)
class Rendered:
    """`links` holds the button's address, if there is one; `replies` are labels and payloads."""

    name: str
    text: str
    links: list[str]
    replies: dict[str, str]


def render(templates: dict[tuple[str, str], Template], message: Json, doors: str) -> Rendered:
    """Raises CloudRefusal: 132001, 132000, 132018, 131008, 100."""
    template = _approved(templates, message)
    components = message.get("components", [])
    if not isinstance(components, list) or not all(isinstance(one, dict) for one in components):
        raise invalid("template.components must be an array of objects")
    body = _parameters(components, "body")
    expected = len(set(VARIABLE.findall(template.body)))
    if len(body) != expected:
        raise _mismatch("body", len(body), expected)
    buttons = [one for one in components if str(one.get("type")).lower() == "button"]
    replies = [one for one in buttons if str(one.get("sub_type")).lower() == "quick_reply"]
    others = [one for one in buttons if one not in replies]
    return Rendered(
        template.name,
        _filled(template.body, body),
        _links(template, others, doors),
        _replies(template, replies),
    )


def _approved(templates: dict[tuple[str, str], Template], message: Json) -> Template:
    name, language = message.get("name"), message.get("language")
    if not isinstance(name, str) or not name:
        raise missing("Parameter template.name is required")
    if not isinstance(language, dict) or not isinstance(language.get("code"), str):
        raise missing("Parameter template.language.code is required")
    found = templates.get((name, language["code"]))
    if found is None:
        details = f"template name ({name}) does not exist in {language['code']}"
        title = "Template name does not exist in the translation"
        raise CloudRefusal(404, 132001, title, details)
    return found


def _links(template: Template, buttons: list[Json], doors: str) -> list[str]:
    if template.url is None:
        if buttons:
            raise _mismatch("button", len(buttons), 0)
        return []
    address = template.url.replace("{doors}", doors)
    if not VARIABLE.search(address):
        return [address]
    given = [one for one in buttons if str(one.get("sub_type")).lower() == "url"]
    values = _texts(given[0]) if given and str(given[0].get("index")) == "0" else []
    if len(values) != 1:
        raise missing("buttons: Button at index 0 of type Url requires a parameter")
    return [_filled(address, values)]


def _replies(template: Template, given: list[Json]) -> dict[str, str]:
    """What a quick reply says back: its payload, or else its label."""
    first = 0 if template.url is None else 1
    payloads = {str(one.get("index")): _payload(one) for one in given}
    places = {str(first + at): label for at, label in enumerate(template.replies)}
    if not payloads.keys() <= places.keys():
        raise _mismatch("button", len(given), len(places))
    return {label: payloads.get(place, label) for place, label in places.items()}


def _payload(component: Json) -> str:
    parameters = component.get("parameters")
    found = parameters[0] if isinstance(parameters, list) and parameters else None
    if not isinstance(found, dict) or found.get("type") != "payload":
        raise invalid("a quick reply takes one parameter of type payload")
    return str(found.get("payload", ""))


def _parameters(components: list[Json], kind: str) -> list[str]:
    return [
        text
        for component in components
        if str(component.get("type")).lower() == kind
        for text in _texts(component)
    ]


def _texts(component: Json) -> list[str]:
    parameters = component.get("parameters", [])
    if not isinstance(parameters, list):
        raise invalid("parameters must be an array")
    return [_text(parameter) for parameter in parameters]


def _text(parameter: Any) -> str:
    if not isinstance(parameter, dict) or parameter.get("type") != "text":
        raise invalid("only parameters of type text are approved here")
    text = parameter.get("text")
    if not isinstance(text, str) or not text:
        raise missing("Parameter of type text is missing text value")
    if UNTIDY.search(text):
        details = "Param text cannot have new-line/tab characters or more than 4 consecutive spaces"
        title = "There are issues with the parameters in your template"
        raise CloudRefusal(400, 132018, title, details)
    return text


def _mismatch(where: str, given: int, expected: int) -> CloudRefusal:
    details = (
        f"{where}: number of localizable_params ({given}) does not match the expected number of "
        f"params ({expected})"
    )
    title = "Number of parameters does not match the expected number of params"
    return CloudRefusal(400, 132000, title, details)


def _filled(text: str, values: list[str]) -> str:
    return VARIABLE.sub(lambda found: values[int(found[1]) - 1], text)
