"""The 1C database of the tyre services: who may enter, and which clients it knows."""

from dataclasses import dataclass


@dataclass(frozen=True)
class OneCClient:
    """A card of the catalog of counterparties, with its phone as the cashier typed it."""

    ref: str
    name: str
    phone: str
    points: int = 0


CLIENTS = (
    OneCClient("5f0c3b5e-0000-11f1-8000-000000000021", "Вера Колёсникова", "+79000000021"),
    OneCClient("5f0c3b5e-0000-11f1-8000-000000000022", "Денис Пробегов", "8 (900) 000-00-22", 300),
    OneCClient("5f0c3b5e-0000-11f1-8000-000000000023", "Роман Протекторов", "79000000023"),
    OneCClient("5f0c3b5e-0000-11f1-8000-000000000024", "Анна Дискова", "+7 900 000-00-24", 150),
)


@dataclass(frozen=True)
class OneCSettings:
    """`branch` and `secret` stand in the address that 1C calls: /crm/{branch}/onec/{secret}."""

    branch: str = "tyres"
    secret: str = "tyres-onec-secret"
    login: str = "switchboard"
    password: str = "tyres-onec-password"
    clients: tuple[OneCClient, ...] = CLIENTS
