"""Bitrix24's webhooks, as really sent and as they should never be."""

from urllib.parse import quote_plus

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from switchboard.crm.bitrix24.parse import parse
from switchboard.crm.parsed import Malformed, Parsed, Proof
from switchboard.playbook.view import Amocrm, Bitrix24
from tests.crm.contract import ParseContract
from tests.crm.surroundings import amocrm, bitrix24

SECTION = Bitrix24.model_validate(bitrix24())
TOKENS = ("env:NEW_TOKEN", "env:OLD_TOKEN")
GUARDED = Bitrix24.model_validate(bitrix24(application_tokens=TOKENS))
FORM = {"Content-Type": "application/x-www-form-urlencoded"}
ROBOT = b"document_id[]=crm&document_id[]=CCrmDocumentDeal&document_id[]=DEAL_5"


class TestPayloads(ParseContract):
    provider = "bitrix24"
    section = SECTION
    meaning = {  # noqa: RUF012 - declared once, never changed
        "deal_add": Parsed(("759",)),
        "deal_update": Parsed(("759",)),
        "deal_update_minimal": Parsed(("759",)),
        "deal_update_of_an_application": Parsed(("759",)),
        "deal_update_raw_brackets": Parsed(("759",)),
        "deal_update_through_gateway": Parsed(("759",)),
        "deal_delete": Parsed(("759",)),
        "deal_move_to_category": Parsed(("759",)),
        "robot_deal": Parsed(("759",)),
        "robot_deal_plain_array": Parsed(("759",)),
        "robot_deal_raw_brackets": Parsed(("759",)),
        "robot_of_an_application": Parsed(("759",)),
        "robot_contact": Parsed((), ("document.contact",)),
        "robot_smart_process": Parsed((), ("document.dynamic",)),
        "contact_update": Parsed((), ("oncrmcontactupdate",)),
        "dynamic_item_update": Parsed((), ("oncrmdynamicitemupdate",)),
        "timeline_comment_add": Parsed((), ("oncrmtimelinecommentadd",)),
    }


def said(body: bytes, section: Bitrix24 = SECTION) -> Parsed:
    return parse(FORM, body, section)


@pytest.mark.parametrize(
    ("body", "ignored"),
    [
        (b"event=ONCRMLEADUPDATE&data[FIELDS][ID]=5", "oncrmleadupdate"),
        (b"event=ONCRMDEALUSERFIELDADD&data[FIELDS][ID]=5", "oncrmdealuserfieldadd"),
        (b"event=ONCRMDEALRECURRINGADD&data[FIELDS][ID]=5", "oncrmdealrecurringadd"),
        (b"event=ONCRMDYNAMICITEMUPDATE_128&data[FIELDS][ID]=5", "oncrmdynamicitemupdate"),
        (b"event=CATALOG.PRODUCT.ON.ADD&data[FIELDS][ID]=5", "catalog.product.on.add"),
        (b"event=ONTASKADD&data[FIELDS_AFTER][ID]=5", "ontaskadd"),
        (b"event=ONSOMETHINGNEW", "unknown.onsomethingnew"),
        (b"event=", "unknown"),
        (b"document_id[]=crm&document_id[]=CCrmDocumentLead&document_id[]=LEAD_5", "document.lead"),
        (b"document_id[2]=SMART_INVOICE_5", "document.smart_invoice"),
        (b"document_id[0]=tasks&document_id[2]=49728", "unknown.document"),
    ],
)
def test_what_is_no_deal_is_ignored_by_its_name(body: bytes, ignored: str) -> None:
    assert said(body) == Parsed((), (ignored,))


def test_a_name_repeats_nothing_that_could_be_personal() -> None:
    stranger = quote_plus("Иванна Примерова +7 900 000-00-01").encode()
    assert said(b"event=" + stranger) == Parsed((), ("unknown",))
    assert said(b"document_id[]=" + stranger) == Parsed((), ("unknown.document",))


@pytest.mark.parametrize("event", ["oncrmdealupdate", "OnCrmDealUpdate"])
def test_an_events_name_is_read_in_any_case(event: str) -> None:
    assert said(f"event={event}&data[FIELDS][ID]=5".encode()).deals == ("5",)


@pytest.mark.parametrize("value", ["abc", "", "0", "-1", "1.5", "1" * 21, "١٢", "1%00", "5_6"])
def test_an_id_is_a_plain_number(value: str) -> None:
    with pytest.raises(Malformed):
        said(f"event=ONCRMDEALADD&data[FIELDS][ID]={value}".encode())
    with pytest.raises(Malformed):
        said(f"document_id[2]=DEAL_{value}".encode())


def test_an_event_without_an_id_is_malformed() -> None:
    with pytest.raises(Malformed):
        said(b"event=ONCRMDEALUPDATE&data[FIELDS][TITLE]=5")


def test_neither_event_nor_document_is_malformed() -> None:
    with pytest.raises(Malformed, match="neither"):
        said(b"data[FIELDS][ID]=5&auth[domain]=example.bitrix24.ru")


def test_another_crms_section_is_malformed() -> None:
    with pytest.raises(Malformed):
        parse(FORM, ROBOT, Amocrm.model_validate(amocrm()))


def test_an_event_has_to_prove_itself() -> None:
    event = b"event=ONCRMDEALUPDATE&data[FIELDS][ID]=5"
    shown = said(event + b"&auth[application_token]=example-token", GUARDED)
    assert shown.proof == Proof("example-token", TOKENS)
    assert said(event, GUARDED).proof == Proof("", TOKENS)
    assert said(b"event=ONCRMLEADADD", GUARDED).proof == Proof("", TOKENS)
    assert said(event).proof is None


def test_a_repeated_token_counts_as_php_counts_it() -> None:
    body = ROBOT + b"&auth[application_token]=first&auth[application_token]=last"
    assert said(body, GUARDED).proof == Proof("last", TOKENS)


def test_a_robot_has_nothing_to_prove_unless_it_shows_a_token() -> None:
    assert said(ROBOT, GUARDED).proof is None
    shown = said(ROBOT + b"&auth[application_token]=of-an-application", GUARDED)
    assert shown.proof == Proof("of-an-application", TOKENS)
    assert said(ROBOT + b"&auth[application_token]=", GUARDED).proof == Proof("", TOKENS)


def test_an_event_beside_a_document_has_to_prove_itself() -> None:
    both = said(ROBOT + b"&event=ONCRMDEALUPDATE&data[FIELDS][ID]=7", GUARDED)
    assert both.deals == ("7",)
    assert both.proof is not None


_KEYS = st.sampled_from(
    ["event", "data[FIELDS][ID]", "document_id[]", "document_id[2]", "auth[application_token]"]
)
_VALUES = st.one_of(
    st.text(max_size=30), st.sampled_from(["ONCRMDEALADD", "5", "DEAL_5", "crm", "LEAD_1"])
)


@given(
    st.one_of(
        st.binary(max_size=500),
        st.lists(st.tuples(_KEYS, _VALUES), max_size=8).map(
            lambda pairs: "&".join(f"{key}={quote_plus(v)}" for key, v in pairs).encode()
        ),
    )
)
@settings(max_examples=300, deadline=None)
def test_any_body_is_read_or_malformed(body: bytes) -> None:
    try:
        parsed = said(body, GUARDED)
    except Malformed:
        return
    assert len(parsed.deals) + len(parsed.ignored) == 1
    assert all(deal.isascii() and deal.isdigit() for deal in parsed.deals)
