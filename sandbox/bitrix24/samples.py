"""Made-up clients and deals that stand in the portal when the sandbox starts."""

from dataclasses import dataclass


@dataclass(frozen=True)
class SampleContact:
    """A card. Phones are spelt as a clerk typed them."""

    key: str
    name: str
    last_name: str
    phones: tuple[str, ...] = ()


@dataclass(frozen=True)
class SampleDeal:
    """`contact` is the key of a card, None for a deal without one. `service` is a choice's text."""

    title: str
    amount: float
    contact: str | None
    service: str | None = "Шиномонтаж"
    stage: str = "NEW"
    time_zone: str | None = None


CONTACTS = (
    SampleContact("vera", "Вера", "Колёсникова", ("8 (900) 000-00-21",)),
    SampleContact("denis", "Денис", "Пробегов", ("+79000000022",)),
    SampleContact("roman", "Роман", "Протекторов", ("9000000023",)),
    SampleContact("oleg", "Олег", "Безномеров"),
    SampleContact("anna", "Анна", "Дискова", ("+7 900 000-00-24",)),
    SampleContact("anna_again", "Анна", "Д.", ("89000000024",)),
    SampleContact("galina", "Галина", "Сдвухзвонкова", ("8-900-000-00-25", "+7 (900) 000-00-26")),
)

DEALS = (
    SampleDeal("Переобувка R17, четыре колеса", 4_200, "vera"),
    SampleDeal("Сход-развал, обе оси", 3_500, "denis", "Развал-схождение", "PREPARATION"),
    SampleDeal("Комплект на зиму", 5_000, "roman", "Сезонное хранение"),
    SampleDeal("Прокол, жгут", 900, "oleg", stage="PREPARATION"),
    SampleDeal("Балансировка без записи", 1_600, None),
    SampleDeal("Переобувка R19", 6_800, "anna", stage="EXECUTING"),
    SampleDeal("Хранение летних шин", 4_800, "anna_again", "Сезонное хранение"),
    SampleDeal("Переобувка R15", 2_900, "galina", time_zone="Asia/Novosibirsk"),
)
