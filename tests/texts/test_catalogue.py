"""Every text exists in both languages and keeps to what the catalogue says of it."""

import pytest

from switchboard.playbook.rules import markup
from switchboard.playbook.rules.wording import NUMBERS, ROOM, objections, shown_length
from switchboard.texts import en, ru
from switchboard.texts.catalogue import CATALOGUE, TOAST_LIMIT, Language
from switchboard.texts.render import FORMS, html_escape, placeholders, render, stray_braces

LANGUAGES: dict[Language, dict[str, str]] = {"ru": dict(ru.TEXTS), "en": dict(en.TEXTS)}
EVERY_TEXT = [(language, key) for language in LANGUAGES for key in CATALOGUE]
TOASTS = [key for key, spec in CATALOGUE.items() if spec.limit == TOAST_LIMIT]

text = pytest.mark.parametrize(("language", "key"), EVERY_TEXT)


@pytest.mark.parametrize("language", LANGUAGES)
def test_both_languages_say_every_text_and_no_other(language: Language) -> None:
    assert set(LANGUAGES[language]) == set(CATALOGUE)


@text
def test_a_text_uses_only_its_own_placeholders(language: Language, key: str) -> None:
    used = {name for name, _ in placeholders(LANGUAGES[language][key])}
    assert used <= CATALOGUE[key].placeholders
    assert not stray_braces(LANGUAGES[language][key])


@text
def test_plural_forms_are_as_many_as_the_language_has(language: Language, key: str) -> None:
    for name, forms in placeholders(LANGUAGES[language][key]):
        if forms is not None:
            assert name in NUMBERS
            assert forms == FORMS[language]


@text
def test_the_lint_would_accept_our_own_wording(language: Language, key: str) -> None:
    assert list(objections(key, LANGUAGES[language][key], language)) == []


@text
def test_markup_is_well_formed_whatever_is_filled_in(language: Language, key: str) -> None:
    if CATALOGUE[key].markup:
        nasty = "</b><a href='x'>&amp;{title}<script>"
        rendered = render(key, language, _values(key, nasty))
        assert markup.problem(rendered) is None
        assert "<script>" not in rendered


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("key", TOASTS)
def test_a_toast_fits_with_the_longest_first_name(language: Language, key: str) -> None:
    rendered = render(key, language, _values(key, "Щ" * ROOM["first_name"]))
    assert len(rendered) <= TOAST_LIMIT


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_message_of_longest_names_fits(language: Language) -> None:
    for key, spec in CATALOGUE.items():
        assert shown_length(spec, LANGUAGES[language][key], language) <= spec.limit


def test_our_own_lines_are_not_escaped_a_second_time() -> None:
    line = render("job.line.pay", "ru", {"pay": "5 000 & чай"})
    shown = render("worker.claimed", "ru", {**_values("worker.claimed", "x"), "pay": line})
    assert "5 000 &amp; чай" in shown
    assert html_escape(line) == line


def test_the_playbooks_wording_goes_before_ours() -> None:
    own = {"press.gone": "Поздно!"}
    assert render("press.gone", "ru", {}, own) == "Поздно!"
    assert render("press.unknown", "ru", {}, own) == ru.TEXTS["press.unknown"]


def _values(key: str, value: str) -> dict[str, str | int]:
    return {name: 5 if name in NUMBERS else value for name in CATALOGUE[key].placeholders}
