"""Who and what: workers, job ids, and the deep link that leads one worker back to one job."""

import hashlib
import hmac
import re
from base64 import b32encode
from collections.abc import Iterable

from switchboard.domain.model import Value

_PLAIN_DEAL_ID = re.compile(r"[A-Za-z0-9]{1,20}\Z")
_JOB_ID = re.compile(r"[a-z0-9]+-[A-Za-z0-9]{1,20}\Z")
_LINK = re.compile(
    r"(?P<job>[a-z0-9]+-[A-Za-z0-9]{1,20})-(?P<offer>[0-9]{1,6})-(?P<mac>[A-Z2-7]{16})\Z"
)


class Worker(Value):
    """A person as Telegram names him. `login` is without the @; many people have none."""

    id: int
    first_name: str
    last_name: str = ""
    login: str | None = None

    @property
    def full_name(self) -> str:
        return f"{self.first_name} {self.last_name}".strip()


def job_id(provider: str, deal_id: str) -> str:
    """The id of the job that a deal becomes: the same deal always gives the same job.

    It travels in callback data (64 bytes) and deep links (`[A-Za-z0-9_-]`), so a deal id that is
    long or strange is replaced by its hash.
    """
    if not _PLAIN_DEAL_ID.match(deal_id):
        deal_id = b32encode(hashlib.sha256(deal_id.encode()).digest())[:20].decode()
    return f"{provider}-{deal_id}"


def sale_id(document: str) -> str:
    """A sale's id from another system's name for its document, as plain letters and digits."""
    return b32encode(hashlib.sha256(document.encode()).digest())[:20].decode().lower()


def client_id(branch: str, phone: str) -> str:
    """Who a client is to one branch, from his phone in E.164 (`+79000000001`).

    A hash, so that no phone stands in our keys, queues and logs. It hides a phone from the casual
    reader and not from one who tries all phones: what is kept under it is personal data all the
    same.
    """
    said = f"{branch}\n{phone}".encode()
    return "c-" + b32encode(hashlib.sha256(said).digest())[:20].decode().lower()


def is_job_id(text: str) -> bool:
    return _JOB_ID.match(text) is not None


class JobLink(Value):
    """What a deep link's `/start` payload says once its signature is found good."""

    job: str
    offer: int


def deep_link_token(key: str, branch: str, link: JobLink, worker_id: int) -> str:
    """A `/start` payload (at most 64 characters) that only this worker can use."""
    return f"{link.job}-{link.offer}-{_mac(key, branch, link, worker_id)}"


def read_deep_link_token(
    token: str, keys: Iterable[str], branch: str, worker_id: int
) -> JobLink | None:
    """The job behind a token, or None when it is malformed, forged or another worker's."""
    found = _LINK.match(token)
    if found is None:
        return None
    link = JobLink(job=found["job"], offer=int(found["offer"]))
    good = any(
        hmac.compare_digest(found["mac"], _mac(key, branch, link, worker_id)) for key in keys
    )
    return link if good else None


def _mac(key: str, branch: str, link: JobLink, worker_id: int) -> str:
    said = f"{branch}\n{link.job}\n{link.offer}\n{worker_id}".encode()
    return b32encode(hmac.new(key.encode(), said, hashlib.sha256).digest())[:16].decode()
