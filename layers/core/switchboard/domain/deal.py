"""A deal as its CRM tells it, in our words. The adapters in `crm/` make these."""

from decimal import Decimal
from typing import Literal

from switchboard.domain.model import Value

Stage = Literal["search", "done", "lost", "other"]
"""What a CRM's stage means to the dispatch: the playbook maps the CRM's own ids to these."""


class JobFacts(Value):
    """What the workers may read about a job before anybody has taken it. No personal data."""

    title: str
    conditions: str = ""
    deadline: str = ""
    pay: str = ""
    skills: str = ""


class Deal(Value):
    """One deal at one moment. `updated_at` is the CRM's own clock, in whole seconds since 1970.

    `stage` is what the playbook makes of the CRM's own `stage_id`; `stage_since` is when the deal
    came there, 0 where the CRM does not tell. `category` is the kind of service, as the CRM says.
    """

    id: str
    stage: Stage
    facts: JobFacts
    updated_at: int = 0
    url: str = ""
    manager: str | None = None
    """The CRM's id of the user who is responsible for the deal."""
    stage_id: str = ""
    stage_since: int = 0
    amount: Decimal | None = None
    """The price, in the CRM's currency."""
    category: str = ""
    timezone: str = ""
    """The client's own, as an IANA name, where the CRM has a field for it."""


class Contact(Value):
    """The client of a deal. Read when it is needed, sent to one worker, stored nowhere."""

    name: str = ""
    phone: str = ""
    first_name: str = ""
    """How he is greeted; empty where the CRM does not keep it apart from the rest of his name."""
