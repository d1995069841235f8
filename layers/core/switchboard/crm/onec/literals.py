"""OData's spelling: addresses of 1C's objects, literals and filters.

Names are Cyrillic and are percent-encoded as UTF-8. Blanks are `%20`: not every web server before
1C takes `+` for one.
"""

from collections.abc import Iterable, Iterator
from urllib.parse import quote

LONGEST_FILTER = 1500
"""Characters, encoded. IIS refuses a query of more than 2,048 unless it is told otherwise."""


def resource(name: str, *, key: str = "", action: str = "", **options: str) -> str:
    """`/Document_X(guid'…')/Post?$format=json`; options are written with their `$`."""
    path = "/" + quote(name, safe="") + (f"(guid'{key}')" if key else "")
    query = {"format": "json"} | options
    return f"{path}{action}?" + "&".join(
        f"${option}={encoded(text)}" for option, text in query.items()
    )


def encoded(text: str) -> str:
    return quote(text, safe="(),:'/")


def literal(text: str) -> str:
    """A string; a quote inside is doubled (OData 3.0, ABNF of primitive literals)."""
    return "'" + text.replace("'", "''") + "'"


def any_of(attribute: str, texts: Iterable[str]) -> Iterator[str]:
    """Filters that together ask for each of the texts, none of them too long for an address.

    `attribute` is `Телефон`, or `КонтактнаяИнформация/НомерТелефона` for a column of a tabular
    section.
    """
    section, _, column = attribute.rpartition("/")
    name = f"row/{column}" if section else attribute
    found = ""
    for text in texts:
        longer = f"{found} or {name} eq {literal(text)}" if found else f"{name} eq {literal(text)}"
        if found and len(encoded(longer)) > LONGEST_FILTER:
            yield _within(section, found)
            longer = f"{name} eq {literal(text)}"
        found = longer
    if found:
        yield _within(section, found)


def _within(section: str, condition: str) -> str:
    return f"{section}/any(row: {condition})" if section else condition
