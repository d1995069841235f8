"""Made-up deals that stand on the board when the sandbox starts."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

ACCOUNT_ZONE = ZoneInfo("Europe/Moscow")
"""The CRM account's clock; the demo's playbook names the same one."""


@dataclass(frozen=True)
class SampleDeal:
    """A deal as a manager would fill it in. `due` is (days from today, hour) by the
    clock of the account."""

    name: str
    price: int
    pay: int
    due: tuple[int, int]
    conditions: str
    skills: tuple[str, ...]
    district: str
    address: str
    client: str
    phone: str | None


SAMPLE_DEALS = (
    SampleDeal(
        name="Натяжной потолок, 24 м²",
        price=31_000,
        pay=18_000,
        due=(2, 10),
        conditions="Комната 6 × 4 м, одна люстра и восемь точек света. Материал на объекте.",
        skills=("Отделка",),
        district="Северный",
        address="ул. Примерная, 12, кв. 40",
        client="Ольга Заказчикова",
        phone="+7 900 000-00-11",
    ),
    SampleDeal(
        name="Перевезти пианино на 3-й этаж",
        price=14_000,
        pay=9_500,
        due=(1, 12),
        conditions="Грузового лифта нет, нужны двое и ремни. Вес около 220 кг.",
        skills=("Грузоперевозки", "Свой автомобиль"),
        district="Центр",
        address="пер. Образцовый, 3",
        client="Пётр Клиентов",
        phone="+7 900 000-00-12",
    ),
    SampleDeal(
        name="Курьер: документы до 18:00",
        price=1_900,
        pay=1_200,
        due=(1, 18),
        conditions="Забрать конверт в офисе, отвезти в банк и вернуть подписанный экземпляр.",
        skills=("Курьер",),
        district="Заречье",
        address="пл. Условная, 1, офис 305",
        client="ООО «Пример», Анна",
        phone="+7 900 000-00-13",
    ),
    SampleDeal(
        name="Перевод договора EN → RU, 12 страниц",
        price=11_000,
        pay=7_200,
        due=(3, 12),
        conditions="Договор поставки, нужна сверка терминов по глоссарию заказчика.",
        skills=("Английский язык",),
        district="Удалённо",
        address="Файлы пришлёт клиент",
        client="Игорь Пробный",
        phone="+7 900 000-00-14",
    ),
)


def due_at(sample: SampleDeal, now: datetime) -> int:
    """The deadline in seconds since 1970."""
    days, hour = sample.due
    today = now.astimezone(ACCOUNT_ZONE).replace(hour=hour, minute=0, second=0, microsecond=0)
    return int((today + timedelta(days=days)).timestamp())
