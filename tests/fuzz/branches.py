"""The branches that the bodies find: a dispatch with amoCRM, a shop with a CRM of its own, and tyre
services with Bitrix24, 1C, clients and links."""

from datetime import timedelta
from typing import Any, Literal, NamedTuple

from switchboard.domain.effects import LinkTo
from switchboard.domain.visits import Visit
from switchboard.playbook.model import Playbook
from switchboard.playbook.store import PlaybookStore
from switchboard.store.database import Database
from switchboard.store.jobs import Jobs
from switchboard.store.links import Links, page_of
from switchboard.store.record import Commit, Outbox
from tests.doors.house import CRM_SECRET, SECRET
from tests.doors.link_house import QUESTIONS
from tests.doors.whatsapp_webhooks import SECRETS, listening
from tests.flows.story import BRANCH, NOW, VERSION, Story, deal, playbook
from tests.pipeline.reviews import playbook as reviewing

SHOP, TYRES = "shop", "tyres"
BRANCHES = {
    "generic": SHOP,
    **dict.fromkeys(("clients", "bitrix24", "onec", "whatsapp"), TYRES),
}
"""Whose doors are not the dispatch's."""
SALE_SECRET = "secret-of-1c"  # pragma: allowlist secret
ENVIRON = {
    "TEST_SECRET": SECRET,
    "TEST_CRM_SECRET": CRM_SECRET,
    "TEST_1C_SECRET": SALE_SECRET,
    **SECRETS,
}
SURVEY = "bitrix24-501"
PLAIN = "https://reviews.example/org/1?add-review=true#form"


class Known(NamedTuple):
    """A link that was sent. `over`: it leads nowhere now; `done`: it was pressed or filled in."""

    purpose: Literal["review", "survey"]
    url: str = ""
    bonus: int = 0
    over: bool = False
    done: bool = False


KNOWN = {
    "Review00full": Known("review", PLAIN, 300),
    "Review0plain": Known("review", PLAIN),
    "Review00over": Known("review", PLAIN, 300, over=True),
    "Review00done": Known("review", PLAIN, 300, done=True),
    "Review000idn": Known("review", "https://отзывы.example/орг 1?имя=«Ё»&a=%D0%B0"),
    "Review000bad": Known("review", "javascript:alert(1)"),
    "Survey000new": Known("survey"),
    "Survey00over": Known("survey", over=True),
    "Survey00done": Known("survey", done=True),
}
"""By their codes."""


def arrange(database: Database) -> None:
    """Publishes the playbooks, offers a job, and makes the links."""
    store = PlaybookStore(database, "settings")
    for one in (playbook(), shop(), tyres()):
        store.publish(one, NOW)
    _offer(Jobs(database, "jobs"))
    links = Links(database, "links")
    for code, known in KNOWN.items():
        _link(links, code, known)


def shop() -> Playbook:
    by = playbook().model_dump(mode="json")
    crm = {
        "kind": "generic",
        "base_url": "https://crm.example",
        "webhook_secrets": ["env:TEST_CRM_SECRET"],
        "stages": {"search": ["search"]},
    }
    return Playbook.model_validate(by | {"branch": SHOP, "crm": crm})


def tyres() -> Playbook:
    return reviewing({"questions": QUESTIONS}, channels=listening())


def _offer(jobs: Jobs) -> None:
    story = Story()
    story.tell(deal())
    assert story.job is not None
    commit = Commit(story.job, Outbox((), "trace", VERSION), NOW)
    jobs.clear(jobs.commit(jobs.load(BRANCH, story.job.id), commit))


def _link(links: Links, code: str, known: Known) -> None:
    until = NOW + timedelta(days=-1 if known.over else 30)
    given: dict[str, Any] = {"purpose": known.purpose, "url": known.url, "bonus": known.bonus}
    link = LinkTo(
        survey=SURVEY,
        run=1,
        client="c-anna",
        playbook=1,
        expires_at=until,
        site="Картах",
        **given,
    )
    links.put(code, link, TYRES, page_of(tyres()))
    links.sent(code, NOW - timedelta(minutes=5))
    if known.done and known.purpose == "survey":
        links.filled(code, NOW)
    elif known.done:
        links.press(code, Visit("r", NOW, "POST", "Mozilla/5.0", "", "person", ""))
