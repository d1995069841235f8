"""The table of the survey: complete, nothing that cannot happen, and what `step` really does."""

from collections.abc import Callable, Mapping
from datetime import timedelta
from itertools import product

import pytest

from switchboard.domain.effects import SendMessage, TellClient
from switchboard.domain.events import SurveyFilled, SurveyWait
from switchboard.flows.survey.table import NEVER_ASKED, TABLE, Outcome, State, Trigger
from tests.flows.draw import SURVEY, drawn
from tests.flows.survey_story import NOW, Story, asked, completed, playbook, waiting
from tests.flows.survey_story import SURVEY as SUBJECT

_STATES: list[State | None] = [None, *State]
_ENDED = frozenset(State) - NEVER_ASKED - {State.ASKED}


@pytest.mark.parametrize(("state", "trigger"), list(product(_STATES, Trigger)))
def test_every_trigger_has_a_row_in_every_state(state: State | None, trigger: Trigger) -> None:
    assert (state, trigger) in TABLE


def test_nobody_is_asked_but_after_waiting() -> None:
    asking = [key for key, row in TABLE.items() if row.outcome is Outcome.ASKED]
    assert asking == [(State.WAITING, Trigger.READY)]
    to_asked = {before for (before, _), row in TABLE.items() if row.to is State.ASKED}
    assert to_asked == {State.WAITING, State.ASKED}


def test_a_survey_that_was_asked_never_begins_anew() -> None:
    begins = {before for (before, _), row in TABLE.items() if row.outcome is Outcome.SCHEDULED}
    assert begins == {None, State.SKIPPED, State.CANCELLED}


def test_an_end_is_an_end() -> None:
    for (before, _), row in TABLE.items():
        if before in _ENDED:
            assert row.to is before


def test_every_state_can_be_reached() -> None:
    assert {row.to for row in TABLE.values()} == set(_STATES)


def test_the_outcomes_that_the_table_leaves_out_are_of_what_is_told_late() -> None:
    left = set(Outcome) - {row.outcome for row in TABLE.values()}
    assert left == {Outcome.STALE, Outcome.OUTDATED}


# The table and the step say the same.


def _begun() -> Story:
    return Story()


def _skipped() -> Story:
    story = Story()
    story.closed(client=None)
    return story


def _cancelled() -> Story:
    story = waiting()
    story.closed(stage_id="NEW")
    return story


def _partial() -> Story:
    story = asked()
    story.press("9")
    story.time_for("close")
    return story


def _silent() -> Story:
    story = asked()
    story.time_for("close")
    return story


def _abandoned() -> Story:
    story = asked()
    story.closed(stage_id="LOSE")
    return story


_IN: Mapping[State | None, Callable[[], Story]] = {
    None: _begun,
    State.WAITING: waiting,
    State.SKIPPED: _skipped,
    State.CANCELLED: _cancelled,
    State.ASKED: asked,
    State.COMPLETED: completed,
    State.PARTIAL: _partial,
    State.SILENT: _silent,
    State.ABANDONED: _abandoned,
}
"""A survey in each state, as it comes there."""


def _late(story: Story) -> str:
    return story.closed(since=NOW - timedelta(days=9))


def _overdue(story: Story) -> str:
    story.now += timedelta(days=1)
    return story.closed()


def _refused(story: Story) -> str:
    story.refused = "quota"
    return story.ready(1)


def _press(story: Story, question: int, value: int = 9) -> str:
    """A press as the question would get it, if it waits."""
    return story.press_button(_BUTTON, question=question, value=value)


def _last(story: Story) -> str:
    for question in (0, 1):
        if story.survey and story.it.state is State.ASKED and story.it.at == question:
            _press(story, question)
    return _press(story, 2)


def _back(story: Story) -> str:
    if story.survey and story.it.state is State.ASKED and story.it.at == 0:
        _press(story, 0)
    return _press(story, 1, value=98)


def _words(story: Story) -> str:
    if story.survey and story.it.state is State.ASKED:
        story.say("нормально")
    return story.say("а?")


def _night(story: Story) -> str:
    story.now = story.now.replace(hour=22)
    if story.survey and story.it.state is State.ASKED:
        return story.time_for("remind", late=timedelta(hours=11))
    return story.ready(1)


def _over(story: Story) -> str:
    if story.survey and story.it.state is State.ASKED:
        _press(story, 0)
    return _close(story)


def _close(story: Story) -> str:
    return story.tell(_CLOSE)


_FILLED = SurveyFilled(
    id="1", survey=SUBJECT, run=1, answers={"work": "9", "speed": "9", "price": "9"}, at=NOW
)
_BUTTON = asked().question.buttons[0][0]
_REMIND = SurveyWait(survey=SUBJECT, run=1, what="remind")
_CLOSE = SurveyWait(survey=SUBJECT, run=1, what="close")

_DO: Mapping[Trigger, Callable[[Story], str]] = {
    Trigger.CLOSED: lambda story: story.closed(),
    Trigger.NO_PHONE: lambda story: story.closed(client=None),
    Trigger.LATE: _late,
    Trigger.OVERDUE: _overdue,
    Trigger.ELSEWHERE: lambda story: story.closed(stage_id="NEW"),
    Trigger.GONE: lambda story: story.seen(None),
    Trigger.READY: lambda story: story.ready(1),
    Trigger.REFUSED: _refused,
    Trigger.NIGHT: _night,
    Trigger.ANSWER: lambda story: _press(story, 0),
    Trigger.LAST_ANSWER: _last,
    Trigger.BACK: _back,
    Trigger.FIRST_WORDS: lambda story: story.write("да"),
    Trigger.STOP: lambda story: (_press(story, 0), story.say("стоп"))[1],
    Trigger.STOP_SILENT: lambda story: story.say("стоп"),
    Trigger.UNCLEAR: lambda story: story.say("нормально"),
    Trigger.WORDS: _words,
    Trigger.SILENCE: lambda story: story.tell(_REMIND),
    Trigger.OVER: _over,
    Trigger.OVER_SILENT: _close,
    Trigger.FILLED_LATE: lambda story: story.tell(_FILLED),
    Trigger.LINK_VISITED: lambda story: story.visit_link(),
    Trigger.LINK_PRESSED: lambda story: story.press_link(),
}
"""How each trigger comes about, where it can."""


_WORDS_ELSEWHERE = (Trigger.UNCLEAR, Trigger.FIRST_WORDS, Trigger.STOP, Trigger.STOP_SILENT)


@pytest.mark.parametrize(("state", "trigger"), list(product(_STATES, Trigger)))
def test_the_step_does_what_the_table_says(state: State | None, trigger: Trigger) -> None:
    if trigger in _WORDS_ELSEWHERE and state in _ENDED:
        # Where nothing is asked, no words can begin anything or be a wrong answer: they are others.
        trigger = Trigger.WORDS
    if trigger is Trigger.OVERDUE and state is not State.WAITING:
        # Where nobody waits to be asked, it is a deal like any other.
        trigger = Trigger.CLOSED
    if trigger is Trigger.FILLED_LATE and state is State.ASKED:
        trigger = Trigger.LAST_ANSWER
    by_phone = trigger is Trigger.FIRST_WORDS and state is State.ASKED
    story = asked(chat=None) if by_phone else _IN[state]()
    row = TABLE[state, trigger]
    assert _DO[trigger](story) == row.outcome
    assert (story.survey.state if story.survey else None) == row.to
    if row.outcome is Outcome.UNCHANGED:
        assert story.effects == ()


# What the page shows.


def test_the_page_shows_the_table_as_it_is() -> None:
    page = SURVEY.page.read_text(encoding="utf-8")
    assert page == drawn(page, SURVEY), "the table has changed: python -m tests.flows.draw"


def test_every_state_and_every_change_of_state_stands_on_the_page() -> None:
    page = SURVEY.page.read_text(encoding="utf-8")
    for (before, _), row in TABLE.items():
        if row.to is not before:
            assert f"    {before or '[*]'} --> {row.to}: " in page
    assert all(f"| `{state}` |" in page for state in State)


def test_every_outcome_is_explained_on_the_page() -> None:
    page = SURVEY.page.read_text(encoding="utf-8")
    assert [one for one in Outcome if f"`{one}`" not in page] == []


def test_the_first_question_of_the_page_is_our_own() -> None:
    page = SURVEY.page.read_text(encoding="utf-8")
    for text in (*_example(), "Опрос закрыт. Спасибо, что были у нас!"):
        assert text in page


def _example() -> list[str]:
    story = asked(playbook(company="Шинный двор"))
    for score in "989":
        story.press(score)
    first = story.all_effects[1]
    assert isinstance(first, SendMessage | TellClient)
    return [first.text.split("\n\n")[0], *story.chat]
