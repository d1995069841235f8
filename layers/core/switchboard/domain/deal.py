"""A deal as its CRM tells it, in our words. The adapters in `crm/` make these."""

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
    """One deal at one moment. `updated_at` is the CRM's own clock, in whole seconds since 1970."""

    id: str
    stage: Stage
    facts: JobFacts
    updated_at: int = 0
    url: str = ""
    manager: str | None = None
    """The CRM's id of the user who is responsible for the deal."""


class Contact(Value):
    """The client of a deal. Read when it is needed, sent to one worker, stored nowhere."""

    name: str = ""
    phone: str = ""
