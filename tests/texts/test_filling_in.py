"""Filling a text in: the right form after a number, and nothing but what was listed."""

import string

import pytest
from hypothesis import given
from hypothesis import strategies as st

from switchboard.texts.render import fill, html_escape, placeholders, plural, stray_braces

MINUTES = ["минута", "минуты", "минут"]
NAMES = st.text(string.ascii_lowercase + "_", min_size=1, max_size=12)


@pytest.mark.parametrize(
    ("number", "form"),
    [
        (0, "минут"), (1, "минута"), (2, "минуты"), (4, "минуты"), (5, "минут"), (10, "минут"),
        (11, "минут"), (12, "минут"), (14, "минут"), (19, "минут"), (20, "минут"), (21, "минута"),
        (22, "минуты"), (24, "минуты"), (25, "минут"), (100, "минут"), (101, "минута"),
        (102, "минуты"), (111, "минут"), (112, "минут"), (114, "минут"), (121, "минута"),
        (1000, "минут"), (1001, "минута"), (1011, "минут"), (1012, "минут"), (1022, "минуты"),
    ],
)  # fmt: skip
def test_russian_form_after_a_number(number: int, form: str) -> None:
    assert plural("ru", number, MINUTES) == form


@pytest.mark.parametrize(
    ("number", "form"),
    [(0, "minutes"), (1, "minute"), (2, "minutes"), (11, "minutes"), (21, "minutes")],
)
def test_english_form_after_a_number(number: int, form: str) -> None:
    assert plural("en", number, ["minute", "minutes"]) == form


def test_a_number_and_its_noun() -> None:
    said = fill("за {n} {n:минуту|минуты|минут}", "ru", {"n": 22}, str)
    assert said == "за 22 минуты"


@pytest.mark.parametrize(
    "template",
    ["{title.__class__}", "{title[0]}", "{0}", "{}", "{title!r}", "{title:>9000000}}", "{Title}",
     "{{title}}", "{title", "title}"],
)  # fmt: skip
def test_what_is_no_placeholder_is_seen_by_the_lint(template: str) -> None:
    seen = dict(placeholders(template))
    assert stray_braces(template) or seen["title"] is not None


@given(st.text())
def test_values_are_escaped_always(value: str) -> None:
    said = fill("{title}", "ru", {"title": value}, html_escape)
    assert not set("<>") & set(said)
    assert said.replace("&lt;", "<").replace("&gt;", ">").replace("&amp;", "&") == value


@given(st.text(), st.text())
def test_what_is_filled_in_is_not_filled_in_again(title: str, name: str) -> None:
    assert fill("{title}{name}", "ru", {"title": title, "name": name}, str) == title + name


class Guarded(str):
    """A value that tells on whoever looks inside it."""

    __slots__ = ()

    def __getitem__(self, key: object) -> str:
        raise AssertionError(f"looked at [{key!r}]")

    def __format__(self, spec: str) -> str:
        raise AssertionError(f"formatted with {spec!r}")


@given(NAMES, st.text(string.ascii_letters + "_.[]()0123456789!:'", max_size=20))
def test_attributes_and_indexes_are_never_evaluated(name: str, tail: str) -> None:
    values = {name: Guarded("value")}
    template = f"{{{name}.{tail}}} {{{name}[{tail}]}} {{{name}!{tail}}}"
    said = fill(template, "ru", values, lambda value: "".join(value))
    assert said == template


@given(st.text(), st.dictionaries(NAMES, st.text(), max_size=3), st.integers(0, 10**6))
def test_any_template_of_listed_placeholders_can_be_filled(
    around: str, values: dict[str, str], number: int
) -> None:
    template = around.replace("{", "").replace("}", "").join(f"{{{name}}}" for name in values)
    template += "{count:раз|раза|раз}"
    said = fill(template, "ru", {**values, "count": number}, html_escape)
    assert said.endswith(("раз", "раза"))
