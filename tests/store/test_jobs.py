"""The jobs table keeps the claim's promises: on moto and on ExtendDB, in every race."""

import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from switchboard.domain.effects import UpdateDeal
from switchboard.domain.errors import Conflict
from switchboard.domain.events import DealRead, Press, Unclaimed
from switchboard.domain.identity import Worker
from switchboard.flows.claim.job import CLOSED, Job, judge
from switchboard.flows.claim.step import step
from switchboard.flows.claim.table import Outcome
from switchboard.pipeline import STEPPED_AT_ONCE, Flow, Subjects, answer, settle
from switchboard.store.database import Database
from switchboard.store.jobs import (
    Jobs,
    NotWritten,
    Written,
    clear_request,
    commit_request,
    press_request,
)
from switchboard.store.pending import sweep_of
from switchboard.store.record import Commit, Outbox, Record, Waiting
from tests.flows.story import (
    BRANCH,
    IVAN,
    JOB,
    NOW,
    OLGA,
    OTHER_CHAT,
    PETR,
    VERSION,
    WORKERS_CHAT,
    deal,
    playbook,
    press,
)
from tests.pipeline.memory import Outside
from tests.store.conftest import Tables

Act = Callable[[], object]

PLAYBOOK = playbook()
ITEM_LIMIT = 400 * 1024
EXPRESSION_LIMIT = 4096
OPERATORS = 300
"""DynamoDB's limits: an item, an expression, and the operators in one expression."""


class Desk:
    """A job, the store that it lies in, and where its effects go."""

    def __init__(self, database: Database, table: str) -> None:
        self.jobs = Jobs(database, table)
        self.outside = Outside()

    def settle(
        self,
        *events: DealRead | Press | Unclaimed,
        jobs: Subjects[Job] | None = None,
        branch: str = BRANCH,
        job: str = JOB,
    ) -> str:
        return settle(jobs or self.jobs, self.outside, branch, job, _flow, events, NOW, "trace")

    def answer(self, made: Press) -> Outcome:
        return answer(self.jobs, BRANCH, made).outcome

    def load(self) -> Record[Job]:
        return self.jobs.load(BRANCH, JOB)

    def pending_becomes(self, *jobs: str) -> bool:
        """Whether the sweeper comes to see just these: an index follows its table a bit later."""
        expected = sorted((BRANCH, job) for job in jobs)
        for _ in range(200):
            if (
                sorted(one[:2] for one in self.jobs.pending_since(NOW + timedelta(hours=1)))
                == expected
            ):
                return True
            time.sleep(0.01)
        return False

    @property
    def journal(self) -> list[tuple[int, str]]:
        return [(line.seq, line.outcome) for line in self.outside.lines_in_order]


def _flow(record: Record[Job]) -> Flow[Job, DealRead | Press | Unclaimed]:
    del record
    return Flow(lambda job, event, now: step(job, event, now, PLAYBOOK, VERSION), VERSION)


class Interrupted:
    """The store, with somebody else's act between the load and the commit, or before the clear."""

    def __init__(
        self, jobs: Jobs, *, before_commit: Act | None = None, before_clear: Act | None = None
    ) -> None:
        self._jobs = jobs
        self._acts = {"commit": before_commit, "clear": before_clear}

    def load(self, branch: str, job: str) -> Record[Job]:
        return self._jobs.load(branch, job)

    def commit(self, record: Record[Job], commit: Commit[Job]) -> Record[Job]:
        self._act("commit")
        return self._jobs.commit(record, commit)

    def clear(self, record: Record[Job]) -> bool:
        self._act("clear")
        return self._jobs.clear(record)

    def _act(self, moment: str) -> None:
        act, self._acts[moment] = self._acts[moment], None
        if act is not None:
            act()


@pytest.fixture
def desk(database: Database, tables: Tables) -> Desk:
    """A job that is offered, with nothing left to do."""
    begun = Desk(database, tables("jobs"))
    assert begun.settle(deal()) == "offered"
    return begun


def test_an_offered_job_is_settled_and_open(desk: Desk) -> None:
    record = desk.load()
    assert record.state is not None
    assert record.state.state == "offered"
    assert (record.version, record.waiting, record.lines) == (1, (), ())
    assert (record.outbox, record.seen, record.unsettled) == (Outbox(), {}, False)
    assert desk.pending_becomes()
    assert desk.journal == [(0, "offered")]


def test_a_claim_is_numbered_kept_and_takes_the_job_in_one_write(desk: Desk) -> None:
    written = desk.jobs.press(BRANCH, press(IVAN))
    assert isinstance(written, Written)
    assert written.holder is not None
    assert (written.seq, written.holder.worker) == (1, IVAN)
    assert desk.load().waiting == (Waiting(press(IVAN), 1),)
    assert desk.pending_becomes(JOB)


def test_the_next_one_learns_who_has_it_from_his_own_write(desk: Desk) -> None:
    desk.jobs.press(BRANCH, press(IVAN))
    written = desk.jobs.press(BRANCH, press(OLGA))
    assert isinstance(written, Written)
    assert written.holder is not None
    assert (written.seq, written.holder.worker) == (2, IVAN)


def test_asking_for_the_contact_takes_nothing_and_shows_the_holder(desk: Desk) -> None:
    first = desk.jobs.press(BRANCH, press(OLGA, "contact"))
    assert first == Written(1, None)
    desk.jobs.press(BRANCH, press(IVAN))
    later = desk.jobs.press(BRANCH, press(OLGA, "contact", number=2))
    assert isinstance(later, Written)
    assert later.holder is not None
    assert later.holder.worker == IVAN


def test_a_press_that_cannot_be_written_says_why_and_changes_nothing(desk: Desk) -> None:
    before = desk.load()
    assert desk.jobs.press(BRANCH, press(IVAN, chat=OTHER_CHAT)) == NotWritten(WORKERS_CHAT, 1)
    assert desk.jobs.press(BRANCH, press(IVAN, offer=7)) == NotWritten(WORKERS_CHAT, 1)
    assert desk.jobs.press("other-branch", press(IVAN)) == NotWritten()
    stranger = press(IVAN).model_copy(update={"job": "amocrm-404"})
    assert desk.jobs.press(BRANCH, stranger) == NotWritten()
    assert desk.load() == before
    assert desk.pending_becomes()


def test_the_same_press_again_is_not_written_twice_and_answered_alike(desk: Desk) -> None:
    assert desk.answer(press(IVAN)) == "won"
    assert desk.answer(press(OLGA)) == "taken"
    assert desk.answer(press(IVAN)) == "won"
    assert desk.answer(press(OLGA)) == "taken"
    assert [one.seq for one in desk.load().waiting] == [1, 2]


def test_a_press_repeated_long_after_is_told_the_same(desk: Desk) -> None:
    desk.answer(press(IVAN))
    desk.settle()
    assert desk.answer(press(IVAN)) == "won"
    desk.settle()
    handed = [effect.id for effect in desk.outside.handed]
    assert len(handed) == len(set(handed))


def test_a_press_repeated_after_the_job_was_offered_anew_is_stale(desk: Desk) -> None:
    desk.settle(deal("lost", at=101))
    interrupted = Interrupted(desk.jobs, before_commit=lambda: desk.answer(press(OLGA)))
    # It arrives while the new offer is being committed, and is still in the item afterwards.
    record = interrupted.load(BRANCH, JOB)
    decided = step(record.state, deal(at=102), NOW, PLAYBOOK, VERSION)
    assert decided.state is not None
    interrupted.commit(record, Commit(decided.state, Outbox(), NOW, decided.line))
    assert [one.press.id for one in desk.load().waiting] == [press(OLGA).id]
    assert desk.answer(press(OLGA)) == "stale"


def test_a_withdrawn_job_is_closed_to_every_press(desk: Desk) -> None:
    desk.settle(deal("lost", at=101))
    assert desk.load().seen == {"taken": CLOSED.model_dump_json()}
    assert desk.answer(press(IVAN)) == "gone"
    assert desk.answer(press(OLGA, "contact")) == "gone"
    desk.settle()
    assert desk.journal == [(0, "offered"), (1, "withdrawn"), (2, "gone"), (3, "gone")]


def test_a_closed_job_goes_after_a_time_and_an_open_one_stays(
    desk: Desk, database: Database
) -> None:
    desk.settle(deal("lost", at=101))
    key = desk.jobs._get(BRANCH, JOB)
    item = database.get(key) or {}
    assert int(item["expires_at"]["N"]) > NOW.timestamp() + timedelta(days=90).total_seconds()
    desk.settle(deal(at=102))
    assert "expires_at" not in (database.get(key) or {})


def test_a_claim_between_load_and_commit_makes_a_withdrawal_lose(desk: Desk) -> None:
    told: list[Outcome] = []
    racing = Interrupted(desk.jobs, before_commit=lambda: told.append(desk.answer(press(IVAN))))
    assert desk.settle(deal("lost", at=101), jobs=racing) == "revoked"
    assert told == [Outcome.WON]
    assert desk.journal == [(0, "offered"), (1, "won"), (2, "revoked")]
    # He was told that it is his, and so he is told that it no longer is.
    assert [one.id.split(":")[2] for one in desk.outside.handed][-2:] == [
        "edit.withdrawn.0",
        "revoked.worker",
    ]


def test_the_commit_that_lost_has_changed_nothing(desk: Desk) -> None:
    record = desk.load()
    decided = step(record.state, deal("lost", at=101), NOW, PLAYBOOK, VERSION)
    assert decided.state is not None
    desk.answer(press(IVAN))
    with pytest.raises(Conflict):
        desk.jobs.commit(record, Commit(decided.state, Outbox(), NOW, decided.line))
    after = desk.load()
    assert after.state == record.state
    assert after.version == record.version


def test_losing_presses_do_not_hold_up_a_commit(desk: Desk) -> None:
    desk.answer(press(IVAN))
    desk.settle()
    racing = Interrupted(desk.jobs, before_commit=lambda: desk.answer(press(OLGA)))
    assert desk.settle(deal("done", at=101), jobs=racing) == "done"
    assert desk.journal == [(0, "offered"), (1, "won"), (2, "gone"), (3, "done")]
    assert desk.pending_becomes()


def test_two_who_see_a_new_deal_at_once_make_one_job(database: Database, tables: Tables) -> None:
    desk = Desk(database, tables("jobs"))
    racing = Interrupted(desk.jobs, before_commit=lambda: desk.settle(deal(at=100)))
    assert desk.settle(deal(at=100), jobs=racing) == "unchanged"
    assert [effect.id for effect in desk.outside.handed] == [f"{JOB}:1:post", f"{JOB}:1:overdue"]


def test_a_press_between_commit_and_clear_stays_for_the_next_round(desk: Desk) -> None:
    desk.answer(press(IVAN))
    racing = Interrupted(desk.jobs, before_clear=lambda: desk.answer(press(OLGA)))
    desk.settle(jobs=racing)
    assert desk.journal == [(0, "offered"), (1, "won"), (2, "taken")]
    assert desk.pending_becomes()


def test_clearing_while_presses_arrive_leaves_the_job_to_the_sweeper(desk: Desk) -> None:
    desk.answer(press(IVAN))
    record = desk.load()
    decided = step(record.state, record.waiting[0].press, NOW, PLAYBOOK, VERSION)
    assert decided.state is not None
    outbox = Outbox(decided.effects, "trace", VERSION)
    committed = desk.jobs.commit(record, Commit(decided.state, outbox, NOW, stepped=record.waiting))
    assert committed.outbox == outbox
    desk.answer(press(OLGA))
    assert desk.jobs.clear(committed) is False
    left = desk.load()
    assert left.outbox == Outbox()
    assert [one.press.worker for one in left.waiting] == [OLGA]
    assert desk.pending_becomes(JOB)


def test_clearing_what_somebody_else_has_committed_since_is_his_to_do(desk: Desk) -> None:
    record = desk.load()
    desk.settle(deal("lost", at=101))
    with pytest.raises(Conflict):
        desk.jobs.clear(record)


def test_a_burst_of_presses_is_carried_away_in_chunks(
    desk: Desk, request: pytest.FixtureRequest
) -> None:
    # moto's parser of expressions recurses, and comes to Python's limit in a full chunk.
    count, chunks = (40, [40]) if _on_moto(request) else (300, [100, 100, 100])
    burst = [press(_worker(n)) for n in range(count)]
    assert [desk.answer(one) for one in burst] == ["won"] + ["taken"] * (count - 1)
    commits: list[int] = []

    class Counting(Interrupted):
        def commit(self, record: Record[Job], commit: Commit[Job]) -> Record[Job]:
            commits.append(len(commit.stepped))
            return super().commit(record, commit)

    assert desk.settle(deal("done", at=101), jobs=Counting(desk.jobs)) == "done"
    assert commits == chunks
    assert [seq for seq, _ in desk.journal] == list(range(count + 2))
    assert [line.id for line in desk.outside.lines_in_order[1:-1]] == [one.id for one in burst]
    assert desk.pending_becomes()


def test_no_request_is_larger_than_dynamodb_allows() -> None:
    long = {"id": "x" * 64, "job": "a" * 20 + "-" + "Z" * 20}
    waiting = tuple(
        Waiting(press(_worker(n)).model_copy(update=long | {"id": f"{n:064d}"}), n)
        for n in range(STEPPED_AT_ONCE)
    )
    begun = step(None, deal(), NOW, PLAYBOOK, VERSION)
    assert begun.state is not None
    offered = Record(
        BRANCH, JOB, version=10**6, state=begun.state, waiting=waiting, seen={"taken": "x" * 2000}
    )
    closing = step(begun.state, deal("lost", at=101), NOW, PLAYBOOK, VERSION)
    assert closing.state is not None
    request = commit_request(
        "t", offered, Commit(closing.state, Outbox(), NOW, closing.line, waiting)
    )
    _assert_within_limits(request)
    assert closing.line is not None
    lines = tuple(closing.line.model_copy(update={"id": f"line {n}"}) for n in range(3))
    _assert_within_limits(clear_request("t", replace(offered, lines=lines), all_stepped=True))
    _assert_within_limits(press_request("t", BRANCH, waiting[0].press))


def _assert_within_limits(request: Any) -> None:
    for name in ("UpdateExpression", "ConditionExpression"):
        assert len(request[name].encode()) <= EXPRESSION_LIMIT
    operators = request["UpdateExpression"].count(",") + request["UpdateExpression"].count("+")
    assert operators <= OPERATORS
    used = request["UpdateExpression"] + request["ConditionExpression"]
    # DynamoDB refuses a name or value that no expression uses; moto and ExtendDB do so as well.
    assert all(name in used for name in request["ExpressionAttributeNames"])
    assert all(name in used for name in request["ExpressionAttributeValues"])


def test_a_thousand_presses_with_nobody_settling_fit_into_one_item() -> None:
    size = 0
    for n in range(1000):
        worker = _worker(n, "Константин", "Константинопольский")
        values = press_request("t", BRANCH, press(worker))["ExpressionAttributeValues"]
        size += len(values[":press"]["S"].encode()) + 2 * len(press(worker).id) + 10
    assert size < ITEM_LIMIT


def test_all_at_once_exactly_one_wins_and_the_fold_finds_the_same(
    desk: Desk, request: pytest.FixtureRequest
) -> None:
    count = 60 if _on_moto(request) else 200
    presses = [press(_worker(n)) for n in range(count)]

    def one(made: Press) -> tuple[Press, Written | NotWritten]:
        return made, desk.jobs.press(BRANCH, made)

    with ThreadPoolExecutor(32) as pool:
        answers = list(pool.map(one, presses))
    outcomes = {}
    numbers = []
    for made, written in answers:
        assert isinstance(written, Written)
        numbers.append(written.seq)
        outcomes[made.id] = judge(made, written.holder)
    assert sorted(numbers) == list(range(1, count + 1))
    (winner,) = [key for key, outcome in outcomes.items() if outcome is Outcome.WON]
    assert set(outcomes.values()) == {Outcome.WON, Outcome.TAKEN}
    desk.settle()
    told = [line for line in desk.outside.lines_in_order if line.outcome == Outcome.WON]
    assert [line.id for line in told] == [winner]
    assert [line.seq for line in desk.outside.lines_in_order] == list(range(count + 1))
    (written_back,) = [one for one in desk.outside.handed if one.id.endswith("won.deal")]
    assert told[0].worker is not None
    assert isinstance(written_back, UpdateDeal)
    assert written_back.worker_name == told[0].worker.full_name
    assert {line.id: line.outcome for line in desk.outside.lines_in_order[1:]} == outcomes


def test_settling_while_the_presses_still_come_loses_none(
    desk: Desk, request: pytest.FixtureRequest
) -> None:
    count = 40 if _on_moto(request) else 120
    with ThreadPoolExecutor(16) as pool:
        pressing = [pool.submit(desk.answer, press(_worker(n))) for n in range(count)]
        settling = [pool.submit(desk.settle) for _ in range(6)]
        outcomes = [one.result() for one in pressing]
        for one in settling:
            one.result()
    desk.settle()
    assert outcomes.count(Outcome.WON) == 1
    assert [seq for seq, _ in desk.journal] == list(range(count + 1))
    won = [line.id for line in desk.outside.handed if line.id.endswith("won.deal")]
    assert set(won) == {f"{JOB}:1:won.deal"}
    assert desk.pending_becomes()


def test_a_branch_sees_its_own_jobs_alone(desk: Desk) -> None:
    desk.settle(deal(), branch="other")
    assert [job.id for job, _ in desk.jobs.of_branch(BRANCH)] == [JOB]
    assert list(desk.jobs.of_branch("nobody")) == []
    assert desk.jobs.standing("nobody", JOB) is None
    desk.jobs.press("other", press(PETR))
    mine, theirs = desk.jobs.standing(BRANCH, JOB), desk.jobs.standing("other", JOB)
    assert mine is not None
    assert theirs is not None
    assert mine[1] is None
    assert theirs[1] is not None


def test_what_has_waited_long_enough_is_found_in_every_partition(desk: Desk) -> None:
    jobs = list(_one_job_a_partition())
    for number, job in enumerate(jobs):
        event = deal().model_copy(update={"deal_id": job.removeprefix("amocrm-")})
        desk.settle(event, job=job)
        made = press(IVAN, number=number).model_copy(update={"job": job})
        desk.jobs.press(BRANCH, made)
    assert desk.pending_becomes(*jobs)
    assert list(desk.jobs.pending_since(NOW)) == []


def _on_moto(request: pytest.FixtureRequest) -> bool:
    return bool(request.node.callspec.params["dynamodb"] == "moto")


def _one_job_a_partition() -> Iterator[str]:
    found: set[str] = set()
    for number in range(1000, 1100):
        job = f"amocrm-{number}"
        if sweep_of(job) not in found:
            found.add(sweep_of(job))
            yield job


def _worker(number: int, first_name: str = "Имя", last_name: str = "Фамилия") -> Worker:
    return Worker(
        id=991000000 + number,
        first_name=first_name,
        last_name=last_name,
        login=f"worker_{number:05d}",
    )
