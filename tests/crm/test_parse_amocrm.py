"""amoCRM's webhooks, as really sent and as they should never be."""

import time
from collections.abc import Callable
from contextlib import suppress
from urllib.parse import quote_plus

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from switchboard.crm.amocrm.parse import parse
from switchboard.crm.parsed import MAX_BODY, Malformed, Parsed
from switchboard.playbook.view import Amocrm
from tests.crm.contract import ParseContract
from tests.crm.surroundings import amocrm

SECTION = Amocrm.model_validate(amocrm())
FORM = {"Content-Type": "application/x-www-form-urlencoded"}


class TestPayloads(ParseContract):
    provider = "amocrm"
    section = SECTION
    meaning = {  # noqa: RUF012 - declared once, never changed
        "lead_status": Parsed(("41000001",)),
        "lead_status_raw_brackets": Parsed(("41000001",)),
        "lead_status_minimal": Parsed(("41000001",)),
        "lead_status_through_gateway": Parsed(("41000001",)),
        "lead_add": Parsed(("41000002",)),
        "lead_update": Parsed(("41000001",)),
        "lead_update_and_status": Parsed(("41000001",)),
        "lead_delete": Parsed(("41000003",)),
        "lead_restore": Parsed(("41000003",)),
        "lead_responsible": Parsed(("41000001",)),
        "leads_status_many": Parsed(("41000010", "41000011", "41000012")),
        "lead_note": Parsed((), ("leads.note",)),
        "digital_pipeline_status": Parsed(("41000004",)),
        "digital_pipeline_mail_in": Parsed(("41000004",)),
        "digital_pipeline_call_in": Parsed(("41000004",)),
        "contact_add": Parsed((), ("contacts.add",)),
        "contact_birthday_scalar_date": Parsed((), ("contacts.update",)),
        "company_add": Parsed((), ("companies.add",)),
        "company_update": Parsed((), ("companies.update",)),
        "task_add": Parsed((), ("task.add",)),
        "task_update": Parsed((), ("task.update",)),
        "customer_update": Parsed((), ("customers.update",)),
        "talk_add": Parsed((), ("talk.add",)),
        "message_add": Parsed((), ("message.add",)),
        "outgoing_message_add": Parsed((), ("outgoing_message.add",)),
        "unsorted_add": Parsed((), ("unsorted.add",)),
        "catalog_update": Parsed((), ("catalogs.update",)),
    }


def said(body: bytes) -> Parsed:
    return parse(FORM, body, SECTION)


def test_an_undeclared_kind_has_a_name_and_is_no_error() -> None:
    assert said(b"widgets[boil][0][id]=1") == Parsed((), ("unknown.widgets.boil",))
    assert said(b"leads[teleport][0][id]=1") == Parsed((), ("unknown.leads.teleport",))


def test_a_name_repeats_nothing_that_could_be_personal() -> None:
    body = quote_plus("Иванна Примерова[+7 900 000-00-01]").encode() + b"=1"
    assert said(body) == Parsed((), ("unknown",))


def test_repeated_deals_are_named_once_in_their_order() -> None:
    body = b"leads[add][0][id]=7&leads[update][0][id]=5&leads[update][1][id]=7&leads[add][0][id]=7"
    assert said(body).deals == ("7", "5")


def test_an_unreadable_id_does_not_lose_the_others() -> None:
    assert said(b"leads[add][0][id]=oops&leads[add][1][id]=7").deals == ("7",)


@pytest.mark.parametrize("value", ["abc", "", "0", "-1", "1.5", "1" * 21, "١٢", "1\x00", "1%00"])
def test_an_id_is_a_plain_number(value: str) -> None:
    with pytest.raises(Malformed):
        said(f"leads[status][0][id]={value}".encode())


def test_a_deal_without_an_id_is_malformed() -> None:
    with pytest.raises(Malformed):
        said(b"leads[status][0][status_id]=142")


def test_a_value_that_is_not_utf8_does_not_lose_the_deal() -> None:
    assert said(b"leads[update][0][name]=%D0&leads[update][0][id]=7").deals == ("7",)
    assert said(b"leads[update][0][name]=\xff\x00&leads[update][0][id]=7").deals == ("7",)


def test_a_key_with_unbalanced_brackets_does_not_lose_the_deal() -> None:
    assert said(b"leads[update][0][a]b]=1&[=2&leads[update][0][id]=7").deals == ("7",)


@pytest.mark.parametrize(
    "content_type", ["application/json", "multipart/form-data; boundary=x", "text/plain"]
)
def test_another_content_type_is_malformed(content_type: str) -> None:
    with pytest.raises(Malformed, match="content type"):
        parse({"content-type": content_type}, b"leads[add][0][id]=7", SECTION)


def test_another_charset_is_malformed() -> None:
    headers = {"content-type": "application/x-www-form-urlencoded; charset=windows-1251"}
    with pytest.raises(Malformed, match="charset"):
        parse(headers, b"leads[add][0][id]=7", SECTION)


def test_nesting_is_bounded() -> None:
    deep = b"leads[update][0]" + b"[a]" * 9
    assert said(deep + b"=1&leads[update][0][id]=7").deals == ("7",)
    with pytest.raises(Malformed, match="deep"):
        said(deep + b"[a]=1&leads[update][0][id]=7")


def test_the_account_alone_is_no_webhook() -> None:
    with pytest.raises(Malformed):
        said(b"account[id]=31000000&account[subdomain]=example")


_WORDS = st.sampled_from(["leads", "status", "add", "0", "id", "note", "", "account", "contacts"])
_KEYS = st.one_of(
    st.text(max_size=30),
    st.lists(_WORDS, min_size=1, max_size=15).map(
        lambda words: words[0] + "".join(f"[{word}]" for word in words[1:])
    ),
)
_FORMS = st.lists(st.tuples(_KEYS, st.text(max_size=20)), max_size=30).map(
    lambda form: "&".join(f"{quote_plus(key)}={quote_plus(value)}" for key, value in form).encode()
)


@given(
    st.one_of(
        st.binary(max_size=2000), _FORMS, st.text("[]=&%+leads", max_size=500).map(str.encode)
    )
)
@settings(max_examples=400, deadline=None)
def test_any_body_is_read_or_malformed(body: bytes) -> None:
    try:
        parsed = said(body)
    except Malformed:
        return
    assert len(set(parsed.deals)) == len(parsed.deals)
    assert all(deal.isascii() and deal.isdigit() for deal in parsed.deals)


@given(st.lists(st.integers(1, 10**19), min_size=1, max_size=50))
@settings(deadline=None)
def test_every_deal_that_is_sent_is_found(numbers: list[int]) -> None:
    body = "&".join(f"leads[update][{i}][id]={number}" for i, number in enumerate(numbers))
    assert said(body.encode()).deals == tuple(dict.fromkeys(map(str, numbers)))


_WORST: dict[str, Callable[[int], bytes]] = {
    "long-value": lambda size: b"a=" + b"%41" * (size // 3 - 20),
    "many-pairs": lambda size: b"&".join([b"leads[add][0][id]=7"] * (size // 60)),
    "many-kinds": lambda size: b"&".join(b"x%d[a][0][id]=7" % i for i in range(size // 60)),
    "many-deals": lambda size: b"&".join(b"leads[add][0][id]=%d" % i for i in range(size // 60)),
    "equals-signs": lambda size: b"=" * (size - 100),
    "ampersands": lambda size: b"a=1" + b"&" * (size // 60),
    "long-keys": lambda size: b"&".join([b"[" * 500 + b"=1"] * (size // 60 // 10)),
}


@pytest.mark.parametrize("worst", _WORST.values(), ids=_WORST)
def test_the_work_grows_with_the_length_alone(worst: Callable[[int], bytes]) -> None:
    """Four times the body takes about four times as long; quadratic work would take sixteen."""
    small, large = worst(MAX_BODY // 4), worst(MAX_BODY)
    assert len(large) <= MAX_BODY
    assert _seconds(large) < 10 * _seconds(small) + 0.02


def _seconds(body: bytes) -> float:
    times = []
    for _ in range(5):
        began = time.perf_counter()
        with suppress(Malformed):
            said(body)
        times.append(time.perf_counter() - began)
    return min(times)
