"""The order in which messages of groups are worked on, whatever happens to them."""

from hypothesis import given
from hypothesis import strategies as st

from selfhosted.backlog import Backlog
from selfhosted.messages import Message


def message(group: str | None, position: int, visible_at: int = 0) -> Message:
    return Message(
        queue="q",
        key=f"k{position}",
        id=f"i{position}",
        body="",
        position=position,
        sent_at=0,
        visible_at=visible_at,
        remember_until=0,
        group=group,
    )


def keys(messages: list[Message]) -> list[str]:
    return [one.key for one in messages]


def test_one_of_each_group_at_a_time() -> None:
    backlog = Backlog()
    for position, group in enumerate("aabac"):
        backlog.add(message(group, position))
    first = backlog.take(0, 10)
    assert keys(first) == ["k0", "k2", "k4"]
    assert backlog.take(0, 10) == []
    backlog.done(first[0])
    assert keys(backlog.take(0, 10)) == ["k1"]


def test_a_resting_head_holds_its_group_back() -> None:
    backlog = Backlog()
    backlog.add(message("a", 1))
    backlog.add(message("a", 2))
    (head,) = backlog.take(0, 10)
    backlog.put_back(head, 500)
    assert backlog.take(499, 10) == []
    assert backlog.next_due() == 500
    assert keys(backlog.take(500, 10)) == ["k1"]


def test_a_message_at_rest_can_be_put_off_again() -> None:
    backlog = Backlog()
    backlog.add(message("a", 1))
    (head,) = backlog.take(0, 1)
    assert not backlog.postponed("k1", head.attempts, 100), "it runs"
    backlog.put_back(head, 9_000)
    assert not backlog.postponed("k1", head.attempts + 1, 100), "it has been received since"
    assert backlog.postponed("k1", head.attempts, 100)
    assert backlog.next_due() == 100
    assert keys(backlog.take(100, 10)) == ["k1"]
    assert not backlog.postponed("k2", 0, 100), "it is not known"


def test_messages_without_a_group_do_not_wait_for_each_other() -> None:
    backlog = Backlog()
    for position in range(3):
        backlog.add(message(None, position, visible_at=100 - position))
    assert keys(backlog.take(100, 2)) == ["k2", "k1"]
    assert backlog.due(100, 10) == 1


def test_a_shard_that_is_given_up_keeps_only_what_runs() -> None:
    backlog = Backlog()
    for position in (1, 2):
        backlog.add(message("a", position))
    (head,) = backlog.take(0, 1)
    backlog.forget(head.shard)
    assert backlog.runs(head.shard)
    assert "k1" in backlog
    assert "k2" not in backlog
    backlog.done(head)
    assert len(backlog) == 0
    assert backlog.take(0, 10) == []


@given(
    arrivals=st.lists(st.tuples(st.sampled_from("abc"), st.booleans()), max_size=30),
    outcomes=st.lists(st.sampled_from(["done", "later", "again"]), max_size=60),
)
def test_groups_are_worked_off_in_order(
    arrivals: list[tuple[str, bool]], outcomes: list[str]
) -> None:
    backlog = Backlog()
    finished: dict[str, list[int]] = {"a": [], "b": [], "c": []}
    waiting = [message(group, position) for position, (group, _) in enumerate(arrivals)]
    verdicts = iter(outcomes)
    now = 0
    while waiting or len(backlog):
        if waiting:
            backlog.add(waiting.pop(0))
        for taken in backlog.take(now, 2):
            verdict = next(verdicts, "done")
            if verdict == "done":
                finished[taken.group or ""].append(taken.position)
                backlog.done(taken)
            else:
                backlog.put_back(taken, now + 3 if verdict == "later" else now)
        now += 1
        assert now < 1000, "everything is worked off in the end"
    for group, positions in finished.items():
        expected = [n for n, (name, _) in enumerate(arrivals) if name == group]
        assert positions == expected
