"""A playbook's CRM, ready to be called. Clients are imported here alone, and only when needed."""

import time
from collections.abc import Callable
from datetime import datetime
from typing import TYPE_CHECKING, NamedTuple

from switchboard.crm.port import Crm
from switchboard.playbook.model import Amocrm, Bitrix24, Generic, OAuth, Playbook
from switchboard.store.budgets import Budgets, Rate
from switchboard.store.database import Database
from switchboard.store.tokens import Tokens

if TYPE_CHECKING:
    import httpx

    from switchboard.crm.amocrm.auth import Bearer
    from switchboard.crm.line import Line

Secrets = Callable[[str], str]
"""The value behind `env:NAME` or `ssm:/path`; raises Misconfigured where there is none."""


class Surroundings(NamedTuple):
    """What every client needs besides its playbook. `deliveries` and `settings` are table names."""

    secret: Secrets
    http: "httpx.Client"
    database: Database
    deliveries: str
    settings: str
    clock: Callable[[], datetime]
    sleep: Callable[[float], None] = time.sleep


def connect(playbook: Playbook, around: Surroundings) -> Crm:
    """The client of the playbook's CRM. Nothing is called yet."""
    match playbook.crm:
        case Amocrm():
            return _amocrm(playbook, playbook.crm, around)
        case Bitrix24():
            return _bitrix24(playbook, playbook.crm, around)
        case Generic():
            return _generic(playbook, playbook.crm, around)


def _amocrm(playbook: Playbook, crm: Amocrm, around: Surroundings) -> Crm:
    from switchboard.crm.amocrm.api import Api
    from switchboard.crm.amocrm.client import AmocrmClient

    line = _line(playbook, around, Rate(crm.requests_per_second))
    return AmocrmClient(Api(line, _bearer(playbook, crm, line, around)), crm, playbook)


def _bearer(playbook: Playbook, crm: Amocrm, line: "Line", around: Surroundings) -> "Bearer":
    from switchboard.crm.amocrm.auth import Integration, LongLived, OAuthChain

    if not isinstance(crm.auth, OAuth):
        return LongLived(around.secret(crm.auth.token))
    integration = Integration(
        client_id=around.secret(crm.auth.client_id),
        client_secret=around.secret(crm.auth.client_secret),
        redirect_uri=crm.auth.redirect_uri,
        first_refresh_token=around.secret(crm.auth.refresh_token),
    )
    tokens = Tokens(around.database, around.settings)
    return OAuthChain(line, tokens, playbook.branch, integration, around.clock, around.sleep)


def _bitrix24(playbook: Playbook, crm: Bitrix24, around: Surroundings) -> Crm:
    from switchboard.crm.bitrix24.api import Api
    from switchboard.crm.bitrix24.client import Bitrix24Client

    line = _line(playbook, around, Rate.bucket(crm.requests_per_second, crm.burst))
    api = Api(line, crm.user, around.secret(crm.code), around.clock)
    return Bitrix24Client(api, crm, playbook, around.clock)


def _generic(playbook: Playbook, crm: Generic, around: Surroundings) -> Crm:
    from switchboard.crm.generic.client import GenericClient

    token = None if crm.token is None else around.secret(crm.token)
    line = _line(playbook, around, Rate(crm.requests_per_second))
    return GenericClient(line, token, crm, playbook)


def _line(playbook: Playbook, around: Surroundings, rate: Rate) -> "Line":
    from switchboard.crm.line import Line
    from switchboard.crm.pace import Pace

    crm = playbook.crm
    pace = Pace(
        Budgets(around.database, around.deliveries),
        playbook.branch,
        crm.kind,
        (rate,),
        around.clock,
        around.sleep,
    )
    return Line(around.http, crm.base_url, crm.kind, pace)
