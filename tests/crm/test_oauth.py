"""amoCRM's OAuth: one-time refresh tokens, many processes, answers that get lost."""

import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

import httpx
import pytest

from switchboard.crm.connect import Surroundings, connect
from switchboard.crm.port import Crm
from switchboard.domain.errors import Misconfigured, Postponed
from switchboard.store.tokens import Grant, Tokens
from tests.crm.standins import AmocrmStandIn, failing, status
from tests.crm.surroundings import OAUTH, SECRETS, Clock, amocrm, playbook

DEAL = "41000001"
DAY = 86_400
Connect = Callable[..., Crm]


@pytest.fixture
def account() -> AmocrmStandIn:
    return AmocrmStandIn()


@pytest.fixture
def connected(account: AmocrmStandIn, around: Surroundings) -> Connect:
    """Each call is another process."""

    def make(**secrets: str) -> Crm:
        known = SECRETS | {f"env:{name}": value for name, value in secrets.items()}
        return connect(
            playbook(amocrm(auth=OAUTH)),
            around._replace(http=account.http, secret=known.__getitem__),
        )

    return make


@pytest.fixture
def stored(around: Surroundings) -> Callable[[], Grant]:
    def load() -> Grant:
        grant = Tokens(around.database, around.settings).load("demo", "amocrm")
        assert grant is not None
        return grant

    return load


def exchanges(account: AmocrmStandIn) -> int:
    return sum(request.url.path == "/oauth2/access_token" for request in account.requests)


def test_the_first_call_exchanges_the_first_refresh_token(
    account: AmocrmStandIn, connected: Connect, stored: Callable[[], Grant]
) -> None:
    assert connected().deal(DEAL) is not None
    assert exchanges(account) == 1
    assert stored().refresh == "refresh-2-TEST"


def test_one_access_token_serves_every_process_for_its_day(
    account: AmocrmStandIn, connected: Connect, clock: Clock
) -> None:
    first = connected()
    first.deal(DEAL)
    clock.forward(DAY - 400)
    first.deal(DEAL)
    connected().deal(DEAL)
    assert exchanges(account) == 1


def test_the_pair_is_renewed_before_its_day_is_over(
    account: AmocrmStandIn, connected: Connect, clock: Clock, stored: Callable[[], Grant]
) -> None:
    crm = connected()
    for _ in range(3):
        crm.deal(DEAL)
        clock.forward(DAY - 200)
    assert exchanges(account) == 3
    assert stored().refresh == "refresh-4-TEST"


def test_a_rejected_access_token_is_renewed_once(
    account: AmocrmStandIn, connected: Connect
) -> None:
    crm = connected()
    crm.deal(DEAL)
    account.valid = set()
    assert crm.deal(DEAL) is not None
    assert exchanges(account) == 2


def test_a_process_with_an_old_access_token_takes_the_stored_one(
    account: AmocrmStandIn, connected: Connect
) -> None:
    old, other = connected(), connected()
    old.deal(DEAL)
    account.valid = set()
    other.deal(DEAL)
    assert old.deal(DEAL) is not None
    assert exchanges(account) == 2


def test_a_renewed_token_that_is_rejected_too_needs_a_person(
    account: AmocrmStandIn, connected: Connect
) -> None:
    crm = connected()
    crm.deal(DEAL)
    account.trouble.extend([status(401), None, status(401)])
    with pytest.raises(Misconfigured):
        crm.deal(DEAL)


def test_many_processes_at_once_spend_each_refresh_token_once(
    account: AmocrmStandIn, connected: Connect, clock: Clock
) -> None:
    """Six processes begin together, twice; the stand-in refuses a token that comes again."""
    crms = [connected() for _ in range(6)]
    for _ in range(2):
        gate = threading.Barrier(len(crms))

        def call(crm: Crm, gate: threading.Barrier = gate) -> bool:
            gate.wait()
            for _ in range(20):
                try:
                    return crm.deal(DEAL) is not None
                except Postponed:
                    continue
            return False

        with ThreadPoolExecutor(len(crms)) as pool:
            assert all(pool.map(call, crms))
        clock.forward(DAY)
    assert exchanges(account) == 2
    assert account.refresh == 3


def test_the_new_pair_is_stored_before_it_is_used(
    account: AmocrmStandIn, connected: Connect, stored: Callable[[], Grant]
) -> None:
    seen: list[str] = []

    def look(request: httpx.Request) -> httpx.Response:
        seen.append(stored().access)
        return account.answer(request)

    account.trouble.extend([None, look])
    connected().deal(DEAL)
    assert seen == ["access-2-TEST"]


def test_the_item_is_in_doubt_while_the_refresh_is_under_way(
    account: AmocrmStandIn, connected: Connect, stored: Callable[[], Grant]
) -> None:
    seen: list[str] = []

    def look(request: httpx.Request) -> httpx.Response:
        seen.append(stored().trouble)
        return account.answer(request)

    account.trouble.append(look)
    connected().deal(DEAL)
    assert seen == ["in_doubt"]
    assert stored().trouble == ""


@pytest.mark.parametrize(
    "trouble",
    [failing(httpx.ConnectError), failing(httpx.ConnectTimeout), status(429, "<html>")],
    ids=["no-connection", "connect-timeout", "429"],
)
def test_a_refresh_that_never_got_there_may_be_sent_again_at_once(
    account: AmocrmStandIn,
    connected: Connect,
    clock: Clock,
    stored: Callable[[], Grant],
    trouble: Callable[[httpx.Request], httpx.Response],
) -> None:
    account.trouble.append(trouble)
    with pytest.raises(Postponed):
        connected().deal(DEAL)
    assert (stored().trouble, stored().lease_until) == ("", 0)
    clock.forward(10)
    assert connected().deal(DEAL) is not None


def test_a_lost_refresh_that_was_never_carried_out_is_made_up_for(
    account: AmocrmStandIn, connected: Connect, clock: Clock, stored: Callable[[], Grant]
) -> None:
    account.trouble.append(failing(httpx.ReadTimeout))
    with pytest.raises(Postponed):
        connected().deal(DEAL)
    assert stored().trouble == "in_doubt"
    clock.forward(50)
    with pytest.raises(Postponed):
        connected().deal(DEAL)
    assert exchanges(account) == 1, "nobody tries again before the pause is over"
    clock.forward(11)
    assert connected().deal(DEAL) is not None
    assert stored().trouble == ""


def test_a_lost_refresh_that_was_carried_out_needs_a_person(
    account: AmocrmStandIn, connected: Connect, clock: Clock, stored: Callable[[], Grant]
) -> None:
    account.lose_answers = 1
    with pytest.raises(Postponed):
        connected().deal(DEAL)
    clock.forward(61)
    with pytest.raises(Misconfigured, match="connect the integration again"):
        connected().deal(DEAL)
    assert stored().trouble == "refused"
    for _ in range(5):
        with pytest.raises(Misconfigured):
            connected().deal(DEAL)
    assert exchanges(account) == 2, "a refused token is not sent over and over"


@pytest.mark.parametrize("code", [500, 502, 503])
def test_a_server_error_leaves_doubt(
    account: AmocrmStandIn, connected: Connect, stored: Callable[[], Grant], code: int
) -> None:
    account.trouble.append(status(code, "<html>"))
    with pytest.raises(Postponed):
        connected().deal(DEAL)
    assert stored().trouble == "in_doubt"


@pytest.mark.parametrize("answer", ["<html>", {"access_token": "", "expires_in": 1}])
def test_an_unreadable_answer_leaves_doubt(
    account: AmocrmStandIn, connected: Connect, stored: Callable[[], Grant], answer: object
) -> None:
    account.trouble.append(status(200, answer))
    with pytest.raises(Postponed):
        connected().deal(DEAL)
    assert stored().trouble == "in_doubt"


def test_a_process_killed_in_mid_refresh_leaves_doubt_and_a_lease_that_ends(
    account: AmocrmStandIn,
    connected: Connect,
    clock: Clock,
    stored: Callable[[], Grant],
) -> None:
    class Killed(BaseException):
        pass

    def kill(_request: httpx.Request) -> httpx.Response:
        raise Killed

    account.trouble.append(kill)
    with pytest.raises(Killed):
        connected().deal(DEAL)
    assert stored().trouble == "in_doubt"
    with pytest.raises(Postponed):
        connected().deal(DEAL)
    assert exchanges(account) == 1
    clock.forward(41)
    assert connected().deal(DEAL) is not None


def test_a_failing_renewal_does_not_stop_what_still_works(
    account: AmocrmStandIn, connected: Connect, clock: Clock
) -> None:
    connected().deal(DEAL)
    clock.forward(DAY - 200)
    account.trouble.append(failing(httpx.ReadTimeout))
    assert connected().deal(DEAL) is not None
    assert connected().deal(DEAL) is not None
    assert exchanges(account) == 2


def test_a_refused_refresh_is_asked_again_later(connected: Connect, clock: Clock) -> None:
    with pytest.raises(Misconfigured):
        connected(CLIENT_SECRET="wrong-TEST").deal(DEAL)  # pragma: allowlist secret
    clock.forward(301)
    assert connected().deal(DEAL) is not None


def test_connecting_anew_begins_a_new_chain_at_once(
    account: AmocrmStandIn, connected: Connect, stored: Callable[[], Grant]
) -> None:
    account.refresh = 7
    with pytest.raises(Misconfigured):
        connected().deal(DEAL)
    assert connected(REFRESH="refresh-7-TEST").deal(DEAL) is not None
    assert stored().refresh == "refresh-8-TEST"
    assert connected().deal(DEAL) is not None, "the old secret's processes follow"
    assert exchanges(account) == 2


def test_no_reason_holds_a_token(account: AmocrmStandIn, connected: Connect) -> None:
    account.refresh = 7
    with pytest.raises(Misconfigured) as caught:
        connected().deal(DEAL)
    assert "TEST" not in caught.value.reason
