"""The client, the deal and the playbook of these stories, and a survey that is lived through.

The client's chat is kept as he sees it: a message for each that was sent, with its last edit.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any, Literal, TypeVar

from switchboard.domain.deal import Deal, JobFacts, Stage
from switchboard.domain.effects import (
    AnswerClient,
    Button,
    EditMessage,
    Effect,
    Rows,
    Schedule,
    SendMessage,
    TellClient,
)
from switchboard.domain.events import (
    ClientAnswered,
    ClientSaid,
    DealSeen,
    LinkPressed,
    LinkVisited,
    SurveyDue,
    SurveyEvent,
    SurveyFilled,
    SurveyReady,
    SurveyWait,
)
from switchboard.flows.decision import Decision
from switchboard.flows.survey.step import step
from switchboard.flows.survey.survey import Survey
from switchboard.playbook.model import Playbook

E = TypeVar("E")

BRANCH = "tyres"
VERSION = 5
NOW = datetime(2025, 11, 21, 9, 0, tzinfo=UTC)
"""Noon in Moscow, on a Friday."""
DEAL = "501"
SURVEY = f"bitrix24-{DEAL}"
CLIENT = "c-anna0000000000000000"
OTHER_CLIENT = "c-boris000000000000000"
CHAT = 990000011
OTHER_CHAT = 990000012
MANAGER = "31"
COMPANY = "Шины & Диски"

QUESTIONS: list[dict[str, Any]] = [
    {"id": "work", "text": "Как вам работа мастера?"},
    {"id": "speed", "text": "Как быстро мы справились?"},
    {"id": "price", "text": "Как вам цена?"},
]
YANDEX = {"name": "Яндекс Картах", "url": "https://reviews.example/yandex"}
GOOGLE = {"name": "Google Maps", "url": "https://reviews.example/google"}
ASKED_OF_THE_HAPPY = [{**YANDEX, "ask": "happy", "bonus": True}]
NEUTRAL = [{**GOOGLE, "ask": "everyone"}]


def playbook(
    survey: Mapping[str, Any] | None = None,
    texts: Mapping[str, str] | None = None,
    language: Literal["ru", "en"] = "ru",
    channels: Mapping[str, Any] | None = None,
    **reviews: Any,
) -> Playbook:
    """The branch's playbook. `survey` changes that section, keyword arguments the reviews'."""
    return Playbook.model_validate(
        {
            "branch": BRANCH,
            "language": language,
            "telegram": {
                "bot": "example_tyres_bot",
                "token": "env:TEST_TOKEN",
                "webhook_secrets": ["env:TEST_SECRET"],
            },
            "crm": {
                "kind": "bitrix24",
                "base_url": "https://crm.example",
                "user": 1,
                "code": "env:TEST_CRM_CODE",
                "webhook_secrets": ["env:TEST_CRM_SECRET"],
                "stages": {"lost": ["LOSE"]},
            },
            **(CHANNELS if channels is None else channels),
            "reviews": {
                "company": COMPANY,
                "public_url": "https://our.example",
                "link_key": "env:TEST_LINK_KEY",
                "survey": {"stages": ["WON"], "questions": QUESTIONS, **(survey or {})},
                "sites": ASKED_OF_THE_HAPPY,
                "bonus": {"amount": 300},
                **reviews,
            },
            "texts": dict(texts or {}),
        }
    )


SMS = {"sms": {"kind": "smsc", "login": "env:TEST_SMS", "password": "env:TEST_SMS_PASSWORD"}}
WHATSAPP = {
    "whatsapp": {
        "phone_id": "1000001",
        "token": "env:TEST_WHATSAPP",
        "templates": {"survey": {"name": "survey_1", "parameters": ["first_name", "company"]}},
    }
}
CHANNELS = {**SMS, **WHATSAPP}


def deal(
    stage_id: str = "WON",
    *,
    at: datetime = NOW,
    since: datetime | None = NOW,
    timezone: str = "",
    manager: str | None = MANAGER,
) -> Deal:
    """The deal as the CRM tells it when its clock shows `at`."""
    stage: Stage = "lost" if stage_id == "LOSE" else "other"
    return Deal(
        id=DEAL,
        stage=stage,
        facts=JobFacts(title="Шиномонтаж R17"),
        updated_at=int(at.timestamp()),
        stage_id=stage_id,
        stage_since=int(since.timestamp()) if since else 0,
        manager=manager,
        timezone=timezone,
    )


@dataclass
class Shown:
    """A message in the client's chat, as it stands now."""

    text: str
    buttons: Rows

    @property
    def labels(self) -> list[list[str]]:
        return [[button.text for button in row] for row in self.buttons]


class Story:
    """A survey, told what happens to it one thing after another."""

    def __init__(self, by: Playbook | None = None, *, chat: int | None = CHAT) -> None:
        self.playbook = by or playbook()
        self.survey: Survey | None = None
        self.now = NOW
        self.effects: tuple[Effect, ...] = ()
        """What followed from the last event."""
        self.all_effects: list[Effect] = []
        self.messages: dict[str, Shown] = {}
        # What the inbox would find when the survey is due.
        self.deal: Deal | None = deal()
        self.client: str | None = CLIENT
        self.first_name = "Анна"
        self.known_chat = chat
        self.refused: Literal["", "throttled", "quota"] = ""
        self._told = 0

    def tell(self, event: SurveyEvent) -> str:
        """The outcome."""
        decision: Decision[Survey] = step(self.survey, event, self.now, self.playbook, VERSION)
        self.survey, self.effects = decision.state, decision.effects
        self.all_effects += decision.effects
        for effect in decision.effects:
            self._show(effect)
        return decision.outcome

    # What the CRM does.

    def seen(self, read: Deal | None, client: str | None = CLIENT) -> str:
        self.deal, self.client = read, client
        return self.tell(DealSeen(provider="bitrix24", deal_id=DEAL, deal=read, client=client))

    def closed(self, client: str | None = CLIENT, **changes: Any) -> str:
        """The deal is in the stage, as of now."""
        return self.seen(deal(**{"at": self.now, "since": self.now, **changes}), client)

    # What time does.

    def scheduled(self, name: str) -> Schedule:
        """The last effect of this name that comes back at a moment."""
        wanted = f":{name}"
        return next(
            one
            for one in reversed(self.all_effects)
            if isinstance(one, Schedule) and wanted in one.id
        )

    def time_for(self, name: str, late: timedelta = timedelta()) -> str:
        """The clock moves on to the moment that was set, and what was set for it happens."""
        timer = self.scheduled(name)
        self.now = max(self.now, timer.at) + late
        if isinstance(timer.event, SurveyDue):
            return self.ready(timer.event.run)
        assert isinstance(timer.event, SurveyWait), "this is another flow's"
        return self.tell(timer.event)

    def ready(self, run: int | None = None) -> str:
        """The survey is due, and the inbox has gathered what it needs."""
        event = SurveyReady(
            survey=SURVEY,
            run=self.it.run if run is None else run,
            deal=self.deal,
            client=self.client,
            first_name=self.first_name,
            chat=self.known_chat,
            refused=self.refused,
        )
        return self.tell(event)

    # What the client does.

    def press(self, label: str, *, message: str | None = None, **changes: Any) -> str:
        """A button under the last message that has any, or under the one with that id."""
        shown = self.messages[message] if message else self.question
        button = next(one for row in shown.buttons for one in row if one.text == label)
        return self.press_button(button, **changes)

    def press_button(self, button: Button, **changes: Any) -> str:
        return self.tell(self.pressed(button, **changes))

    def pressed(self, button: Button, **changes: Any) -> ClientAnswered:
        _, survey, run, question, value = button.data.split(":")
        return ClientAnswered(
            **{
                "id": self._number(),
                "survey": survey,
                "run": int(run),
                "question": int(question),
                "value": int(value),
                "chat": CHAT,
                "at": self.now,
                **changes,
            }
        )

    def say(self, text: str, chat: int = CHAT) -> str:
        return self.tell(self.said(text, chat))

    def said(self, text: str, chat: int = CHAT) -> ClientSaid:
        return ClientSaid(id=self._number(), chat=chat, text=text, at=self.now)

    def write(self, text: str, **changes: Any) -> str:
        """In WhatsApp."""
        return self.tell(self.written(text, **changes))

    def written(self, text: str, **changes: Any) -> ClientSaid:
        event = ClientSaid(id=self._number(), client=CLIENT, text=text, at=self.now)
        return event.model_copy(update=changes)

    def fill(self, **answers: str) -> str:
        return self.tell(self.filled(**answers))

    def filled(self, **answers: str) -> SurveyFilled:
        return SurveyFilled(
            id=self._number(), survey=SURVEY, run=self.it.run, answers=answers, at=self.now
        )

    def visit_link(self) -> str:
        return self.tell(LinkVisited(code="code", survey=SURVEY, at=self.now))

    def press_link(self) -> str:
        return self.tell(LinkPressed(code="code", survey=SURVEY, at=self.now))

    # What there is to see.

    @property
    def it(self) -> Survey:
        assert self.survey is not None
        return self.survey

    @property
    def question(self) -> Shown:
        """The last message of the chat that has buttons to press."""
        return next(one for one in reversed(self.messages.values()) if _answerable(one))

    @property
    def chat(self) -> list[str]:
        """What the client reads in his chat now, from the top."""
        return [one.text for one in self.messages.values()]

    @property
    def answers_in_whatsapp(self) -> list[str]:
        """What he got there after he had written himself."""
        return [one.text for one in self.all_effects if isinstance(one, AnswerClient)]

    @property
    def names(self) -> list[str]:
        """What followed from the last event, without the survey and run in front."""
        return [effect.id.split(":", 2)[2] for effect in self.effects]

    def effect(self, name: str, kind: type[E]) -> E:
        """The one effect of the last event with this name."""
        (found,) = (one for one in self.effects if one.id.split(":", 2)[2] == name)
        assert isinstance(found, kind)
        return found

    def _number(self) -> str:
        self._told += 1
        return str(700000000 + self._told)

    def _show(self, effect: Effect) -> None:
        match effect:
            case SendMessage():
                self.messages[effect.id] = Shown(effect.text, effect.buttons)
            case TellClient(channel="telegram"):
                self.messages[effect.id] = Shown(effect.text, effect.buttons)
            case EditMessage():
                # An edit of what was never sent would be refused.
                assert effect.of in self.messages
                self.messages[effect.of] = Shown(effect.text, effect.buttons)


def waiting(by: Playbook | None = None, *, chat: int | None = CHAT, **changes: Any) -> Story:
    """A survey whose deal has just come to the stage."""
    story = Story(by, chat=chat)
    assert story.closed(**changes) == "scheduled"
    return story


def asked(by: Playbook | None = None, *, chat: int | None = CHAT, **changes: Any) -> Story:
    """A survey whose first question the client has just got."""
    story = waiting(by, chat=chat, **changes)
    assert story.time_for("due") == "asked"
    return story


def completed(by: Playbook | None = None, scores: str = "9 10 8", **changes: Any) -> Story:
    """A survey that was answered by buttons."""
    story = asked(by, **changes)
    for score in scores.split():
        story.press(score)
    assert story.it.state == "completed"
    return story


def _answerable(shown: Shown) -> bool:
    return any(button.data for row in shown.buttons for button in row)
