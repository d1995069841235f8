"""A playbook's loyalty system, ready to be called. Clients are imported only when needed."""

from switchboard.crm.connect import Surroundings
from switchboard.crm.loyalty import Loyalty
from switchboard.playbook.model import OnecHttp, OnecOdata, Playbook
from switchboard.store.budgets import Budgets, Rate


def connect_loyalty(playbook: Playbook, around: Surroundings) -> Loyalty | None:
    """The client of the playbook's loyalty system, None where there is none. Calls nothing yet."""
    section = playbook.loyalty
    if section is None:
        return None
    from switchboard.crm.line import Line
    from switchboard.crm.onec.calls import Calls
    from switchboard.crm.pace import Pace

    pace = Pace(
        Budgets(around.database, around.deliveries),
        playbook.branch,
        section.kind,
        (Rate(section.requests_per_second),),
        around.clock,
        around.sleep,
    )
    line = Line(around.http, section.base_url, section.kind, pace)
    calls = Calls(line, around.secret(section.login), around.secret(section.password))
    match section:
        case OnecHttp():
            from switchboard.crm.onec.service import OnecHttpClient

            return OnecHttpClient(calls, section, playbook.branch)
        case OnecOdata():
            from switchboard.crm.onec.odata import OnecOdataClient

            return OnecOdataClient(calls, section, playbook, around.clock)
