"""Who and what exists in the sandbox. The demo playbook uses the same numbers."""

from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal

from sandbox.settings_telegram import (
    MANAGER,
    PACE,
    TYRES_BOT,
    WORKERS,
    BotSettings,
    Group,
    Person,
    TelegramPace,
)
from sandbox.settings_tyres import TyresSettings

FieldType = Literal["text", "textarea", "numeric", "date_time", "multiselect"]
StageKey = Literal["new", "search", "in_work", "done", "lost"]


@dataclass(frozen=True)
class CrmUser:
    """An employee with a seat in the CRM."""

    id: int
    name: str
    email: str


@dataclass(frozen=True)
class Stage:
    """A stage of the pipeline; 142 and 143 are amoCRM's own ids in every account."""

    id: int
    key: StageKey
    name: str
    color: str


@dataclass(frozen=True)
class CustomField:
    """A custom field; `enums` are the choices of a multiselect, id to value."""

    id: int
    key: str
    name: str
    type: FieldType
    enums: dict[int, str] = field(default_factory=dict)


PIPELINE_ID = 7100100

STAGES = (
    Stage(71001001, "new", "Новая заявка", "#7c8ea0"),
    Stage(71001002, "search", "Поиск исполнителя", "#d98a12"),
    Stage(71001003, "in_work", "Исполнитель найден", "#1c7f94"),
    Stage(142, "done", "Успешно реализовано", "#2c9a5b"),
    Stage(143, "lost", "Закрыто и не реализовано", "#b4505a"),
)

FIELDS = (
    CustomField(510001, "conditions", "Условия", "textarea"),
    CustomField(510002, "deadline", "Срок", "date_time"),
    CustomField(510003, "pay", "Оплата исполнителю", "numeric"),
    CustomField(
        510004,
        "skills",
        "Навыки",
        "multiselect",
        {
            610001: "Отделка",
            610002: "Грузоперевозки",
            610003: "Курьер",
            610004: "Английский язык",
            610005: "Свой автомобиль",
        },
    ),
    CustomField(510005, "worker_name", "Исполнитель", "text"),
    CustomField(510006, "worker_login", "Telegram исполнителя", "text"),
    CustomField(510007, "address", "Адрес", "text"),
    CustomField(510008, "district", "Район", "text"),
    CustomField(510011, "score_quality", "Оценка: качество", "numeric"),
    CustomField(510012, "average", "Средняя оценка", "numeric"),
    CustomField(510013, "variant", "Вариант опроса", "text"),
    CustomField(510014, "answers", "Ответы клиента", "textarea"),
    CustomField(510015, "review", "Отзыв на площадке", "text"),
    CustomField(510016, "bonus", "Бонус к списанию", "numeric"),
    CustomField(510017, "score_speed", "Оценка: скорость", "numeric"),
)
"""Of deals. From 510011 on: what a survey of clients leaves in a deal."""

CONTACT_FIELDS = (CustomField(520001, "balance", "Бонусы", "numeric"),)

CRM_USERS = (
    CrmUser(8000001, "Мария Тестова", "maria@example.test"),
    CrmUser(8000002, "Тимур Образцов", "timur@example.test"),
)


@dataclass(frozen=True)
class SandboxSettings:
    """Everything the sandbox needs to know. `doors` is Switchboard's base URL.

    `clock` is a file with the seconds by which the clock of the whole demo is ahead.

    `amocrm_clock`, `telegram_clock` and `whatsapp_clock` divide the providers' retry delays, so
    that a demo need not wait for amoCRM's fifteen minutes. Expiries that people see (callbacks) run
    in real time.
    """

    doors: str = "http://127.0.0.1:8080"
    branch: str = "demo"
    control: bool = True
    clock: Path | None = None

    telegram_token: str = "000000:TEST"
    telegram_secret: str = "demo-telegram-secret"
    # Whether the bot has a webhook from the start; without one its updates wait for getUpdates.
    telegram_webhook: bool = True
    bot_id: int = 910000100
    bot_name: str = "Диспетчер"
    bot_username: str = "switchboard_demo_bot"
    group_id: int = -4100200300
    supergroup_id: int = -1004100200300
    group_title: str = "Исполнители · заказы"
    workers: tuple[Person, ...] = WORKERS
    manager: Person = MANAGER
    pace: TelegramPace = PACE
    callback_answer_seconds: float = 15.0
    telegram_connections: int = 40
    telegram_clock: float = 1.0
    whatsapp_clock: float = 1.0
    tyres_bot: BotSettings = TYRES_BOT

    amocrm_subdomain: str = "demo"
    amocrm_account_id: int = 31000001
    amocrm_hook_secret: str = "demo-amocrm-secret"
    amocrm_client_id: str = "00000000-0000-4000-8000-000000000001"
    amocrm_client_secret: str = "demo-client-secret"
    amocrm_redirect_uri: str = "https://example.test/amocrm"
    amocrm_authorization_code: str = "demo-authorization-code"
    amocrm_refresh_token: str = "demo-refresh-token-1"
    amocrm_long_lived_token: str = "demo-long-lived-token"
    amocrm_access_seconds: int = 86_400
    amocrm_requests_per_second: int = 7
    amocrm_clock: float = 60.0
    pipeline_id: int = PIPELINE_ID
    stages: tuple[Stage, ...] = STAGES
    fields: tuple[CustomField, ...] = FIELDS
    contact_fields: tuple[CustomField, ...] = CONTACT_FIELDS
    crm_users: tuple[CrmUser, ...] = CRM_USERS

    generic_token: str = "demo-generic-token"
    generic_hook_secret: str = "demo-generic-secret"

    tyres: TyresSettings = field(default_factory=TyresSettings)

    @property
    def demo_bot(self) -> BotSettings:
        """The dispatcher's bot: its group are the workers and the manager."""
        return BotSettings(
            provider="telegram",
            branch=self.branch,
            token=self.telegram_token,
            secret=self.telegram_secret,
            id=self.bot_id,
            name=self.bot_name,
            username=self.bot_username,
            people=(*self.workers, self.manager),
            group=Group(self.group_id, self.supergroup_id, self.group_title, self.manager.id),
            webhook=self.telegram_webhook,
        )

    def telegram_door(self, bot: BotSettings) -> str:
        return f"{self.doors}/telegram/{bot.branch}"

    @property
    def amocrm_door(self) -> str:
        return f"{self.doors}/crm/{self.branch}/amocrm/{self.amocrm_hook_secret}"

    @property
    def generic_door(self) -> str:
        return f"{self.doors}/crm/{self.branch}/generic/{self.generic_hook_secret}"

    def stage(self, key: str) -> Stage:
        """The stage with this key; KeyError when there is none."""
        for stage in self.stages:
            if stage.key == key:
                return stage
        raise KeyError(key)

    def stage_name(self, status_id: int) -> str:
        return next((s.name for s in self.stages if s.id == status_id), str(status_id))

    def field(self, key: str) -> CustomField:
        """The custom field with this key; KeyError when there is none."""
        for one in self.fields:
            if one.key == key:
                return one
        raise KeyError(key)
