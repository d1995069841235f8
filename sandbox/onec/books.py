"""The database: clients' cards, bonus documents, and the balances that follow from them."""

import base64
import itertools
import uuid
from collections.abc import Iterator
from datetime import datetime

from sandbox.clock import now
from sandbox.onec.schema import CLIENTS, EMPTY, GRANTS, NO_DATE, SCHEMAS, TAKES
from sandbox.onec.settings import OneCSettings
from sandbox.phones import digits
from sandbox.samples import ACCOUNT_ZONE
from sandbox.wire import Json


class KeyTaken(Exception):
    """An object with this reference is there already."""


class NotEnough(Exception):
    """The posting of a document would take more than the client has; the message says it."""


class Books:
    """Objects by set and reference, as OData shows them."""

    def __init__(self, settings: OneCSettings) -> None:
        self.tables: dict[str, dict[str, Json]] = {name: {} for name in SCHEMAS}
        self._numbers = {name: itertools.count(1) for name in SCHEMAS}
        self._versions = itertools.count(1)
        for client in settings.clients:
            self.add(CLIENTS, _card(client.name, client.phone), ref=client.ref)
            if client.points:
                opening = {
                    "Контрагент_Key": client.ref,
                    "Сумма": client.points,
                    "Комментарий": "Перенос остатков",
                }
                self.post(GRANTS, self.add(GRANTS, opening))

    def add(self, table: str, values: Json, ref: str | None = None) -> Json:
        """A new object; 1C gives it a reference unless the caller did. Raises KeyTaken."""
        ref = ref or str(uuid.uuid1())
        if ref in self.tables[table]:
            raise KeyTaken(ref)
        made: Json = {name: EMPTY[attribute.kind] for name, attribute in SCHEMAS[table].items()}
        number = f"{next(self._numbers[table]):09}"
        if table == CLIENTS:
            made["Code"] = number
        else:
            made |= {"Number": number, "Date": _now()}
        made |= values
        made["Ref_Key"] = ref
        self.tables[table][ref] = made
        self.touch(made)
        return made

    def touch(self, entity: Json) -> None:
        entity["DataVersion"] = base64.b64encode(next(self._versions).to_bytes(8, "big")).decode()

    def delete(self, table: str, ref: str) -> None:
        del self.tables[table][ref]

    def documents(self) -> Iterator[tuple[int, Json]]:
        """Every posted document with its sign."""
        for table, sign in ((GRANTS, 1), (TAKES, -1)):
            for document in self.tables[table].values():
                if document["Posted"] and not document["DeletionMark"]:
                    yield sign, document

    def balance(self, client: str) -> float | int:
        total: float | int = 0
        for sign, document in self.documents():
            if document["Контрагент_Key"] == client:
                total += sign * document["Сумма"]
        return total

    def balances(self) -> dict[str, float | int]:
        """The register's balances; like its virtual table, without clients who have nothing."""
        clients = {document["Контрагент_Key"] for _, document in self.documents()}
        found = {client: self.balance(client) for client in clients}
        return {client: points for client, points in sorted(found.items()) if points}

    def post(self, table: str, document: Json) -> None:
        """Posts the document, or posts it again. Raises NotEnough."""
        document["Posted"] = False
        left = self.balance(document["Контрагент_Key"])
        if table == TAKES and document["Сумма"] > left:
            raise NotEnough(f"Недостаточно бонусов: есть {left}, списывается {document['Сумма']}")
        document["Posted"] = True
        self.touch(document)

    def unpost(self, document: Json) -> None:
        document["Posted"] = False
        self.touch(document)

    def client_by_phone(self, phone: str) -> Json | None:
        """As the customer's own code would look: by digits, whatever was typed around them."""
        cards = self.tables[CLIENTS].values()
        return next((c for c in cards if digits(c["Телефон"]) == digits(phone)), None)

    def add_client(self, name: str, phone: str) -> Json:
        return self.add(CLIENTS, _card(name, phone))

    def move(self, client: Json, points: float, **rest: str) -> Json:
        """A posted document: a grant above 0, else a take. Raises NotEnough, leaving nothing."""
        table = GRANTS if points > 0 else TAKES
        values = {"Контрагент_Key": client["Ref_Key"], "Сумма": abs(points), **rest}
        document = self.add(table, {"СрокДействия": NO_DATE, **values})
        try:
            self.post(table, document)
        except NotEnough:
            self.delete(table, document["Ref_Key"])
            raise
        return document


def _card(name: str, phone: str) -> Json:
    row = {
        "LineNumber": "1",
        "Тип": "Телефон",
        "Представление": phone,
        "НомерТелефона": digits(phone),
    }
    return {"Description": name, "Телефон": phone, "КонтактнаяИнформация": [row]}


def _now() -> str:
    moment = datetime.fromtimestamp(now(), ACCOUNT_ZONE)
    return moment.replace(tzinfo=None, microsecond=0).isoformat()
