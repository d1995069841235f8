"""Playbooks with a 1C, and movements of a bonus."""

from datetime import date

from switchboard.crm.connect import Surroundings
from switchboard.crm.connect_loyalty import connect_loyalty
from switchboard.crm.loyalty import BonusMovement, Loyalty
from switchboard.playbook.model import Playbook
from tests.crm.surroundings import amocrm, playbook

ACCESS = {"login": "env:ONEC_LOGIN", "password": "env:ONEC_PASSWORD"}
SECRETS = {
    "env:ONEC_LOGIN": "Обмен",
    "env:ONEC_PASSWORD": "пароль-TEST",  # pragma: allowlist secret
}
PHONE = "+79000000021"


def service(**changes: object) -> dict[str, object]:
    """As `loyalty` of the sandbox: a movement is a resource that is put."""
    body = {
        "phone": "{phone}",
        "amount": "{amount}",
        "until": "{until}",
        "comment": "{comment}",
    }
    return {
        "kind": "onec_http",
        "base_url": "https://1c.example/tyres/hs/loyalty",
        **ACCESS,
        "grant": {"method": "PUT", "path": "/bonuses/{id}", "body": body | {"operation": "grant"}},
        "take": {"method": "PUT", "path": "/bonuses/{id}", "body": body | {"operation": "take"}},
        "balance": "/clients/{phone}/balance",
        **changes,
    }


def nested_service(**changes: object) -> dict[str, object]:
    """As `skidki` of the sandbox: nothing is idempotent, everything is nested."""
    body = {
        "Клиент.Телефон": "{phone}",
        "Баллы": "{points}",
        "ВнешнийКод": "{id}",
        "ДействуетДо": "{until_digits}",
        "Примечание": "{comment}",
    }
    return {
        "kind": "onec_http",
        "base_url": "https://1c.example/tyres/hs/skidki/v1",
        **ACCESS,
        "grant": {"path": "/dvizheniya", "body": body},
        "take": {"path": "/dvizheniya", "body": body},
        "find": "/dvizheniya?kod={id}",
        "balance": "/ostatok?telefon={phone}",
        "balance_path": "Остаток.Баллы",
        **changes,
    }


def odata(**changes: object) -> dict[str, object]:
    document = {
        "client": "Контрагент_Key",
        "amount": "Сумма",
        "comment": "Комментарий",
        "until": "СрокДействия",
    }
    return {
        "kind": "onec_odata",
        "base_url": "https://1c.example/tyres/odata/standard.odata",
        **ACCESS,
        "grant": document | {"name": "Document_НачислениеБонусов"},
        "take": document | {"name": "Document_СписаниеБонусов"},
        **changes,
    }


def book(section: dict[str, object]) -> Playbook:
    return playbook(amocrm(), branch="tyres", timezone="Asia/Omsk", loyalty=section)


def connected(section: dict[str, object], around: Surroundings) -> Loyalty:
    loyalty = connect_loyalty(book(section), around._replace(secret=SECRETS.__getitem__))
    assert loyalty is not None
    return loyalty


def movement(points: int = 300, **changes: object) -> BonusMovement:
    whole = BonusMovement(
        key="bonus-1.grant",
        phone=PHONE,
        points=points,
        comment="Бонус за отзыв",
        until=date(2027, 1, 31),
        deal="501",
    )
    return whole._replace(**changes)  # type: ignore[arg-type]
