"""Who and what exists in the chain of tyre services, the sandbox's second branch."""

from dataclasses import dataclass
from typing import Literal

UserFieldType = Literal["string", "integer", "double", "enumeration"]
Semantic = Literal["P", "S", "F"]


@dataclass(frozen=True)
class PortalUser:
    """An employee of the portal."""

    id: int
    name: str
    last_name: str
    position: str
    email: str


@dataclass(frozen=True)
class DealStage:
    """A stage of one funnel (`category`). `semantic`: P in progress, S successful, F failed.

    Outside of the general funnel, category 0, ids carry the funnel's number: `C1:NEW`.
    """

    id: str
    name: str
    category: int
    semantic: Semantic
    color: str


@dataclass(frozen=True)
class UserField:
    """A custom field. `code` is its original name; crm.item.* calls it `name`.

    `items` are the choices of an enumeration, id to value: the API reads and writes the ids.
    """

    code: str
    key: str
    title: str
    type: UserFieldType
    items: tuple[tuple[int, str], ...] = ()
    rows: int = 1

    @property
    def name(self) -> str:
        """UF_CRM_1700000001 as ufCrm_1700000001 (b24restdocs, universal/index.md)."""
        return self.code.replace("UF_CRM_", "ufCrm_")


@dataclass(frozen=True)
class PortalPace:
    """Bitrix24's limits (b24restdocs, limits.md); those of every tariff but Enterprise.

    A leaky bucket per source address: the request that finds `bucket` drops in it is refused,
    `per_second` drops leak out. A method whose requests took more than `operating_limit` seconds
    within `operating_window` is blocked until enough of them are older than that.
    """

    enforced: bool = True
    per_second: float = 2.0
    bucket: int = 50
    operating_limit: float = 480.0
    operating_window: float = 600.0


STAGES = (
    DealStage("NEW", "Запись", 0, "P", "#39A8EF"),
    DealStage("PREPARATION", "В работе", 0, "P", "#2FC6F6"),
    DealStage("EXECUTING", "Готово к выдаче", 0, "P", "#47E4C2"),
    DealStage("WON", "Выполнено", 0, "S", "#7BD500"),
    DealStage("LOSE", "Отказ", 0, "F", "#FF5752"),
    DealStage("C1:NEW", "Принято на хранение", 1, "P", "#39A8EF"),
    DealStage("C1:WON", "Выдано", 1, "S", "#7BD500"),
    DealStage("C1:LOSE", "Отказ", 1, "F", "#FF5752"),
)

FUNNELS = ((0, "Обслуживание"), (1, "Склад шин"))

SERVICES = ((4501, "Шиномонтаж"), (4502, "Сезонное хранение"), (4503, "Развал-схождение"))

DEAL_FIELDS = (
    UserField("UF_CRM_1700000001", "quality", "Оценка: качество", "integer"),
    UserField("UF_CRM_1700000002", "speed", "Оценка: скорость", "integer"),
    UserField("UF_CRM_1700000003", "politeness", "Оценка: вежливость", "integer"),
    UserField("UF_CRM_1700000004", "average", "Средняя оценка", "double"),
    UserField("UF_CRM_1700000005", "variant", "Вариант опроса", "string"),
    UserField("UF_CRM_1700000006", "answers", "Ответы клиента", "string", rows=8),
    UserField("UF_CRM_1700000007", "bonus", "Бонусы к списанию", "integer"),
    UserField("UF_CRM_1700000008", "review", "Отзыв: переход", "string"),
    UserField("UF_CRM_1700000009", "category", "Услуга", "enumeration", SERVICES),
    UserField("UF_CRM_1700000010", "time_zone", "Часовой пояс клиента", "string"),
)

CONTACT_FIELDS = (UserField("UF_CRM_1700000101", "balance", "Баланс бонусов", "integer"),)

USERS = (
    PortalUser(1, "Интеграция", "Тестовая", "Владелец вебхука", "hook@example.test"),
    PortalUser(7, "Ирина", "Приёмкина", "Администратор сервиса", "irina@example.test"),
    PortalUser(9, "Павел", "Управляев", "Управляющий", "pavel@example.test"),
)


@dataclass(frozen=True)
class TyresSettings:
    """The portal of the tyre services. The first user owns the webhook, the second the deals."""

    branch: str = "tyres"

    bitrix24_user_id: int = 1
    bitrix24_code: str = "demo-bitrix24-code"
    bitrix24_domain: str = "tyres-demo.bitrix24.example"
    bitrix24_member_id: str = "0000000000000000000000000000b240"
    bitrix24_hook_secret: str = "demo-bitrix24-secret"
    bitrix24_application_token: str = "demo-bitrix24-application-token"
    bitrix24_pace: PortalPace = PortalPace()
    stages: tuple[DealStage, ...] = STAGES
    funnels: tuple[tuple[int, str], ...] = FUNNELS
    deal_fields: tuple[UserField, ...] = DEAL_FIELDS
    contact_fields: tuple[UserField, ...] = CONTACT_FIELDS
    users: tuple[PortalUser, ...] = USERS

    def bitrix24_door(self, doors: str) -> str:
        """Where the portal's webhooks go; `doors` is Switchboard's base URL."""
        return f"{doors}/crm/{self.branch}/bitrix24/{self.bitrix24_hook_secret}"

    def stage(self, stage_id: str) -> DealStage:
        """KeyError when there is no such stage."""
        for stage in self.stages:
            if stage.id == stage_id:
                return stage
        raise KeyError(stage_id)

    def deal_field(self, key: str) -> UserField:
        """The deal's custom field with this key; KeyError when there is none."""
        return _field(self.deal_fields, key)

    def contact_field(self, key: str) -> UserField:
        return _field(self.contact_fields, key)

    def user_name(self, user_id: int) -> str:
        found = (user for user in self.users if user.id == user_id)
        return next((f"{user.name} {user.last_name}" for user in found), str(user_id))


def _field(fields: tuple[UserField, ...], key: str) -> UserField:
    for one in fields:
        if one.key == key:
            return one
    raise KeyError(key)
