"""One survey: whom, when, what he answered, and what that leads to."""

from collections.abc import Iterable, Sequence
from datetime import datetime
from statistics import fmean

from switchboard.domain.effects import Channel
from switchboard.domain.model import Value
from switchboard.flows.survey.table import State
from switchboard.playbook.model import Question

BACK = 98
SKIP = 99
"""Values of the buttons that are no answer: one question back, and none to this one."""
_HEARD = 50
"""Events of the client that are remembered, so that none is taken for the answer to another
question when it is told again."""


class Answer(Value):
    """An answer to the question of that id. `value` is a score, an NPS, or a choice's position;
    None for a text, which is empty where the question was skipped."""

    question: str
    value: int | None = None
    text: str = ""


class Survey(Value):
    """What is kept of a survey. Of the client: a hash, a chat, and what he answered.

    `run` counts how often it was begun; `seen` is the CRM's time of the newest deal acted upon.
    `due` is when he is to be asked, `first_due` when that was set to be at first, `due_again` the
    `due` whose timer was lost and has been set once more. `deleted`: the CRM has no such deal.
    `at` is the position of the question that waits for its answer. `message` is the id of the
    effect whose message shows that question, `revision` counts what was sent, and `heard` are the
    events of the client that were acted upon. `shown_at` is when he was shown the question last,
    under words of his own. `unclear`: his words were not understood once; `handed`: a person has
    been asked to answer him. `late`: a person has his answers that came by the page after the end.
    `reason`: why he was not asked, or not to the end. `reversed`: the bonus is not his any more.
    """

    id: str
    provider: str
    deal: str
    state: State
    run: int = 1
    playbook: int
    seen: int = 0
    manager: str | None = None
    reason: str = ""
    client: str = ""
    variant: str = ""
    experiment: str = ""
    begun_at: datetime
    timezone: str = ""
    due: datetime | None = None
    first_due: datetime | None = None
    due_again: datetime | None = None
    channel: Channel | None = None
    chat: int | None = None
    asked_at: datetime | None = None
    finished_at: datetime | None = None
    at: int = 0
    answers: tuple[Answer, ...] = ()
    message: str = ""
    revision: int = 0
    heard: tuple[str, ...] = ()
    shown_at: datetime | None = None
    unclear: bool = False
    handed: bool = False
    late: bool = False
    deleted: bool = False
    reminded: bool = False
    average: float | None = None
    site: str = ""
    bonus: int = 0
    visited_at: datetime | None = None
    pressed_at: datetime | None = None
    reversed: bool = False

    @property
    def talking(self) -> bool:
        """He answers by writing in WhatsApp, where he is shown one question after another."""
        return self.chat is None and self.shown_at is not None

    def with_answer(self, answer: Answer) -> tuple[Answer, ...]:
        """All answers; one to the same question is replaced and keeps its place."""
        if any(one.question == answer.question for one in self.answers):
            return tuple(answer if one.question == answer.question else one for one in self.answers)
        return (*self.answers, answer)

    def with_heard(self, event: str) -> tuple[str, ...]:
        return (*self.heard, event)[-_HEARD:]

    def waiting(self, questions: Sequence[Question]) -> Question | None:
        """The question that waits; None when all are answered, or the playbook has fewer now."""
        return questions[self.at] if self.at < len(questions) else None


def average_of(answers: Iterable[Answer], questions: Sequence[Question]) -> float | None:
    """The mean of the scores, to two decimals. Where no scores are asked, that of the NPS.

    Choices and texts have no part in it.
    """
    kinds = {question.id: question.kind for question in questions}
    wanted = "score" if "score" in kinds.values() else "nps"
    values = [
        one.value for one in answers if kinds.get(one.question) == wanted and one.value is not None
    ]
    return round(fmean(values), 2) if values else None
