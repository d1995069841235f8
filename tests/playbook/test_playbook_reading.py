"""A file's values are what a person reads in it, and no file can harm the reader."""

import time

import pytest

from switchboard.playbook.findings import Place
from switchboard.playbook.lint import examine, lint
from switchboard.playbook.read import Document, decode, read


def values(text: str) -> Document:
    document, found = read(text)
    assert document is not None, found
    return document


@pytest.mark.parametrize(
    ("written", "value"),
    [
        ("5", 5), ("-1001234567890", -1001234567890), ("7.5", 7.5), ("true", True),
        ("False", False), ("", None), ("~", None), ("null", None), ("'5'", "5"), ('"no"', "no"),
        ("plain words", "plain words"), ("no", "no"), ("on", "on"), ("0123", "0123"),
        ("1.10", "1.10"), ("12:30", "12:30"), ("2026-01-02", "2026-01-02"), ("!!str 5", "5"),
        ("1_000", "1_000"), ("0x1F", "0x1F"), ("1e3", "1e3"), (".inf", ".inf"), ("=", "="),
        ("99999999999999999999", "99999999999999999999"), ("[1, a]", [1, "a"]),
        ("{a: 1}", {"a": 1}), ("|-\n  two\n  lines", "two\nlines"),
    ],
)  # fmt: skip
def test_a_value_is_what_is_written(written: str, value: object) -> None:
    assert values(f"field: {written}\n").data == {"field": value}


def test_names_are_text_whatever_they_look_like() -> None:
    assert values("no: 1\n5: 2\ntrue: 3\n").data == {"no": 1, "5": 2, "true": 3}


def test_places_are_those_of_names_and_of_values() -> None:
    document = values("a:\n  - b: 1\n    c: 2\n")
    assert document.key(("a", 0, "c")) == Place(3, 5)
    assert document.place(("a", 0, "c")) == Place(3, 8)
    assert document.place(("a", 0, "missing")) == Place(2, 5)
    assert document.place(()) == Place(1, 1)


def test_an_alias_repeats_a_value() -> None:
    assert values("a: &x [1]\nb: *x\n").data == {"a": [1], "b": [1]}


def test_a_bomb_of_aliases_does_not_go_off() -> None:
    lines = ["a0: &a0 [x, x, x, x, x, x, x, x, x, x]"]
    lines += [f"a{n}: &a{n} [{', '.join([f'*a{n - 1}'] * 10)}]" for n in range(1, 12)]
    started = time.perf_counter()
    assert [found.code for found in lint("\n".join(lines))] == ["yaml-expands"]
    assert time.perf_counter() - started < 5


def test_an_alias_to_itself_does_not_loop() -> None:
    assert [found.code for found in lint("a: &a [*a]")] == ["yaml-expands"]


def test_a_file_of_windows_is_read() -> None:
    text, found = decode("\ufeffbranch: плитка\r\n".encode())
    assert found == []
    assert values(text).data == {"branch": "плитка"}


@pytest.mark.parametrize("raw", [b"\xff\xfe\x00b", "branch: плитка".encode("cp1251")])
def test_bytes_that_are_not_utf8_are_pointed_at(raw: bytes) -> None:
    text, found = decode(raw)
    assert text == ""
    assert [(one.code, one.line) for one in found] == [("file-not-utf8", 1)]


def test_a_pasted_secret_is_never_repeated() -> None:
    findings = lint("telegram:\n  token: 000000:TEST\n  webhook_secrets: [hush-hush]\n")
    said = " ".join(f"{one.reason} {one.advice}" for one in findings)
    assert [one.line for one in findings if one.code == "secret-pasted"] == [2, 3]
    assert "000000" not in said
    assert "hush" not in said


def test_the_nearest_name_is_suggested() -> None:
    [found] = [one for one in lint("telegram:\n  tokn: env:A\n") if one.where == "telegram.tokn"]
    assert found.advice == "Did you mean `token`?"
    [found] = [one for one in lint("texts:\n  job.offer: x\n") if one.code == "text-unknown"]
    assert found.advice == "Did you mean `job.offered`?"


def test_texts_are_looked_at_even_where_other_fields_are_wrong() -> None:
    codes = {one.code for one in examine("texts: {press.gone: '{x}'}").findings}
    assert codes == {"missing-field", "text-placeholder"}
