"""Contacts, and a deal, by their phone.

amoCRM has no search by phone: `query` looks into all fields of a contact, and takes `+7 900…` and
`8 900…` for different texts. So the digits after the country's code are looked for, and the phones
of what is found are compared (github.com/zero-archive/amocrm-php, issue 81).
"""

from collections.abc import Sequence

from switchboard.crm.amocrm.answers import FoundPerson, LeadPage, PersonPage, read
from switchboard.crm.amocrm.api import Api, Params
from switchboard.crm.amocrm.lead import phones
from switchboard.crm.phone import e164, reachable, significant
from switchboard.crm.port import PhoneMatch
from switchboard.texts.catalogue import Language

_PAGE = 250


def deal_of_phone(
    api: Api, pipeline: int, language: Language, phone: str, stages: Sequence[str]
) -> PhoneMatch:
    found = people(api, language, phone)
    leads = {lead.id for person in found for lead in person.embedded.leads}
    return PhoneMatch(len(found), _newest(api, pipeline, leads, stages))


def people(api: Api, language: Language, phone: str) -> list[FoundPerson]:
    """Every contact that has this phone, in whatever spelling."""
    params: Params = {"query": significant(phone), "with": "leads", "limit": _PAGE}
    response = api.get("/api/v4/contacts", params)
    found = [] if response is None else read(PersonPage, response).embedded.contacts
    return [
        person for person in found if phone in (e164(typed, language) for typed in phones(person))
    ]


def clients(api: Api, language: Language, phone: str) -> list[FoundPerson]:
    """Those who are written to by this phone: a card may hold a relative's beside its own."""
    return [
        person
        for person in people(api, language, phone)
        if e164(reachable(phones(person), language), language) == phone
    ]


def _newest(api: Api, pipeline: int, leads: set[int], stages: Sequence[str]) -> str | None:
    """Ids grow: the highest is the newest. What is older than the last 250 is not looked at."""
    if not leads or not stages:
        return None
    newest = sorted(leads, reverse=True)[:_PAGE]
    params: dict[str, str | int] = {f"filter[id][{at}]": lead for at, lead in enumerate(newest)}
    response = api.get("/api/v4/leads", params | {"limit": _PAGE})
    listed = [] if response is None else read(LeadPage, response).embedded.leads
    fitting = [
        lead.id
        for lead in listed
        if lead.pipeline_id == pipeline and str(lead.status_id) in stages and not lead.is_deleted
    ]
    return str(max(fitting)) if fitting else None
