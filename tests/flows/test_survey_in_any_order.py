"""Whatever happens in whatever order, repeated, early or late: what the survey promises holds.

The CRM, the timers, Telegram, the page and the click door tell what they tell; the clock moves by
minutes or by days. Everything is looked at after each event.
"""

from datetime import timedelta
from typing import Literal

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    precondition,
    rule,
)

from switchboard.domain.effects import Button, Effect, Schedule
from switchboard.domain.events import (
    DealSeen,
    LinkPressed,
    LinkVisited,
    SurveyDue,
    SurveyEvent,
    SurveyFilled,
    SurveyReady,
    SurveyWait,
)
from tests.flows.survey_rules import Decided, broken, moved
from tests.flows.survey_story import (
    ASKED_OF_THE_HAPPY,
    CHAT,
    CLIENT,
    DEAL,
    NEUTRAL,
    OTHER_CHAT,
    OTHER_CLIENT,
    SURVEY,
    Story,
    deal,
    playbook,
)

QUESTIONS = [
    {"id": "work", "text": "Как вам работа?"},
    {"id": "speed", "text": "Как быстро?"},
    {"id": "nps", "kind": "nps", "text": "Порекомендуете?"},
    {"id": "again", "kind": "choice", "text": "Приедете ещё?", "choices": ["Да", "Нет"]},
    {"id": "words", "kind": "text", "text": "Что улучшить?"},
]
PLAYBOOK = playbook(
    {
        "questions": QUESTIONS,
        "variants": [
            {"name": "A", "weight": 50},
            {"name": "B", "weight": 50, "delay_minutes": 5, "text": "{hello} Как вам?"},
        ],
    },
    sites=[{**ASKED_OF_THE_HAPPY[0], "weight": 50}, *NEUTRAL],
)
STAGES = st.sampled_from(["WON", "WON", "WON", "NEW", "LOSE"])
CLIENTS = st.sampled_from([CLIENT, CLIENT, CLIENT, OTHER_CLIENT, None])
CHATS = st.sampled_from([CHAT, CHAT, CHAT, OTHER_CHAT])
WORDS = st.sampled_from(
    ["8", "10!", "восемь", "8-9", "11", "нормально", "да", "Нет", "спасибо", "⑳" * 3000, "<b>"]
)
HOURS = st.sampled_from([0, 0, 0, 1, 5, 11, 24, 80])
REFUSED: st.SearchStrategy[Literal["", "throttled", "quota"]] = st.sampled_from(
    ["", "", "", "throttled", "quota"]
)


class AnyOrder(RuleBasedStateMachine):
    def __init__(self) -> None:
        super().__init__()
        self.story = Story(PLAYBOOK)
        self.decided: list[Decided] = []
        self.told: list[SurveyEvent] = []
        self.buttons: list[Button] = []
        self.timers: list[Schedule] = []

    @initialize(far=st.sampled_from(["nothing", "waiting", "asked", "asked", "asked", "asked"]))
    def begins(self, far: str) -> None:
        """Mostly where it becomes interesting."""
        if far == "nothing":
            return
        self.read("WON", CLIENT)
        if far == "asked":
            self.story.now = self.timers[-1].at
            self.is_due(self.timers[-1], "WON", CLIENT, CHAT, "")

    def tell(self, event: SurveyEvent) -> None:
        self.told.append(event)
        before = self.story.survey
        self.story.tell(event)
        self.decided += [Decided(self.story.now, one) for one in self.story.effects]
        for effect in self.story.effects:
            self.remember(effect)
        assert list(moved(before, self.story.survey)) == []

    def remember(self, effect: Effect) -> None:
        for row in getattr(effect, "buttons", ()):
            self.buttons += row
        if isinstance(effect, Schedule):
            self.timers.append(effect)

    @property
    def finished(self) -> bool:
        return self.story.survey is not None and self.story.it.finished_at is not None

    @rule(hours=HOURS, minutes=st.integers(0, 59))
    def time_goes_by(self, hours: int, minutes: int) -> None:
        self.story.now += timedelta(hours=hours, minutes=minutes)

    @rule()
    def night_falls(self) -> None:
        self.story.now = max(self.story.now, self.story.now.replace(hour=21))

    @rule(stage=STAGES, client=CLIENTS, late=st.integers(0, 200))
    def the_deal_is_read(self, stage: str, client: str | None, late: int) -> None:
        self.read(stage, client, late)

    def read(self, stage: str, client: str | None, late: int = 0) -> None:
        read = deal(stage, at=self.story.now - timedelta(minutes=late), since=self.story.now)
        self.tell(DealSeen(provider="bitrix24", deal_id=DEAL, deal=read, client=client))

    @rule(sure=st.integers(0, 3))
    def the_deal_is_gone(self, sure: int) -> None:
        if not sure or self.finished:
            self.tell(DealSeen(provider="bitrix24", deal_id=DEAL, deal=None))

    @precondition(lambda self: self.timers)
    @rule(
        which=st.integers(0, 50),
        punctual=st.booleans(),
        stage=st.sampled_from(["WON", "WON", "WON", "NEW"]),
        client=CLIENTS,
        chat=st.sampled_from([CHAT, CHAT, None]),
        refused=REFUSED,
    )
    def a_timer_fires(
        self,
        which: int,
        punctual: bool,
        stage: str,
        client: str | None,
        chat: int | None,
        refused: Literal["", "throttled", "quota"],
    ) -> None:
        """Early, late, again, or at its time."""
        timer = self.timers[-1 - which % len(self.timers)]
        if punctual:
            self.story.now = max(self.story.now, timer.at)
        if isinstance(timer.event, SurveyWait):
            self.tell(timer.event)
        if isinstance(timer.event, SurveyDue):
            self.is_due(timer, stage, client, chat, refused)

    def is_due(
        self,
        timer: Schedule,
        stage: str,
        client: str | None,
        chat: int | None,
        refused: Literal["", "throttled", "quota"],
    ) -> None:
        assert isinstance(timer.event, SurveyDue)
        self.tell(
            SurveyReady(
                survey=SURVEY,
                run=timer.event.run,
                deal=deal(stage, at=self.story.now),
                client=client,
                first_name="Анна",
                chat=chat,
                refused=refused if client else "",
            )
        )

    @precondition(lambda self: self.buttons)
    @rule(which=st.sampled_from([*range(15), 30, 60]), chat=CHATS)
    def he_presses_a_button(self, which: int, chat: int) -> None:
        """One of the last, mostly."""
        button = self.buttons[-1 - which % len(self.buttons)]
        if button.data:
            self.tell(self.story.pressed(button, chat=chat))

    @precondition(lambda self: self.buttons)
    @rule(times=st.integers(1, 4))
    def he_answers_what_he_is_asked(self, times: int) -> None:
        for _ in range(times):
            answers = (one for one in self.buttons if one.data and not one.data.endswith(":98"))
            if not self.finished:
                self.tell(self.story.pressed(list(answers)[-1]))

    @rule(words=WORDS, chat=CHATS)
    def he_writes(self, words: str, chat: int) -> None:
        # The inbox knows no survey of a chat before he is asked.
        if self.story.survey and self.story.it.asked_at:
            self.tell(self.story.said(words, chat))

    @rule(words=WORDS)
    def he_writes_in_whatsapp(self, words: str) -> None:
        if self.story.survey and self.story.it.asked_at:
            self.tell(self.story.written(words))

    @precondition(lambda self: self.buttons)
    @rule(scores=st.lists(WORDS, min_size=3, max_size=5), run=st.integers(1, 2))
    def he_sends_the_page(self, scores: list[str], run: int) -> None:
        names = [one.id for one in PLAYBOOK.reviewing.survey.questions]
        answers = dict(zip(names, scores, strict=False))
        self.tell(
            SurveyFilled(
                id=f"page{len(self.told)}",
                survey=SURVEY,
                run=run,
                answers=answers,
                at=self.story.now,
            )
        )

    @precondition(lambda self: self.finished or len(self.told) % 10 == 0)
    @rule()
    def he_opens_the_link(self) -> None:
        self.tell(LinkVisited(code="code", survey=SURVEY, at=self.story.now))

    @precondition(lambda self: self.finished or len(self.told) % 10 == 0)
    @rule()
    def he_presses_the_link(self) -> None:
        self.tell(LinkPressed(code="code", survey=SURVEY, at=self.story.now))

    @precondition(lambda self: self.told)
    @rule(which=st.integers(0, 100))
    def something_is_told_again(self, which: int) -> None:
        self.tell(self.told[which % len(self.told)])

    @invariant()
    def nothing_is_broken(self) -> None:
        assert list(broken(self.story.survey, self.decided, PLAYBOOK)) == []


AnyOrder.TestCase.settings = settings(
    max_examples=200, stateful_step_count=40, deadline=None, derandomize=True
)
TestAnyOrder = AnyOrder.TestCase
