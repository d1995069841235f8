"""A whole run with everything in it that may go wrong, and every word that no log may hold."""

import asyncio
import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from uuid import uuid4

import httpx

from cli.sandbox_process import DEMO_SECRETS
from sandbox.samples import SAMPLE_DEALS
from selfhosted import connection as host
from tests.proofs.stack import BRANCH, Stack, eventually

Json = dict[str, Any]

MARKED = "Пропавшая Фамилия +7 900 000-00-77"
"""Stands in bodies that our code cannot read, and so in what exceptions say of them."""
FORGED = "forged-secret-0123456789"


async def play(stack: Stack) -> list[Json]:
    """A deal is offered, pressed, taken, told; then each side fails once. Gives the workers."""
    sandbox = stack.sandbox
    await sandbox.free_of_limits()
    [deal] = await sandbox.new_deals(1)
    await _posted(stack, deal)
    people = await sandbox.workers(2, started=False)
    presses = {"users": [one["id"] for one in people], "button": 0, "wait": 10}
    await sandbox.call("POST", "/presses", **presses)
    await sandbox.call("POST", "/presses", **{**presses, "button": 1})
    await sandbox.call("POST", "/start", user_id=people[0]["id"], payload="")
    await sandbox.call("POST", "/start", user_id=people[1]["id"], payload="made-up")
    await sandbox.call("POST", "/say", user_id=people[0]["id"], text=MARKED)
    await sandbox.fault("amocrm", kind="server_error", requests=1)
    await sandbox.fault("telegram", kind="abort", requests=1)
    [second] = await sandbox.new_deals(1, name=MARKED)
    await _posted(stack, second)
    await _strangers(stack)
    await stack.at_rest(40)
    await asyncio.to_thread(_poison, stack)
    await eventually(lambda: written(stack).count('"fault":"ValidationError"') >= 2, 20, "faults")
    return people


async def _posted(stack: Stack, deal: str) -> None:
    group = next(number for number in await stack.sandbox.chats() if number < 0)

    async def posted() -> bool:
        return deal in await stack.sandbox.posts(group)

    await eventually(posted, 30, f"deal {deal} is posted")


async def _strangers(stack: Stack) -> None:
    """Who calls the doors without being asked, with whatever he likes to write there."""
    bodies = ("", "{", MARKED, json.dumps({"update_id": MARKED}), json.dumps({MARKED: MARKED}))
    good = {"x-telegram-bot-api-secret-token": DEMO_SECRETS["DEMO_TELEGRAM_SECRET"]}
    async with httpx.AsyncClient() as client:
        for body in bodies:
            for headers in (good, {"x-telegram-bot-api-secret-token": FORGED}, {}):
                await client.post(stack.telegram_door, content=body.encode(), headers=headers)
            for secret in (DEMO_SECRETS["DEMO_AMOCRM_SECRET"], FORGED):
                url = f"{stack.doors}/crm/{BRANCH}/amocrm/{secret}"
                await client.post(url, content=body.encode())
            await client.post(f"{stack.doors}/telegram/{FORGED}", content=body.encode())


def _poison(stack: Stack) -> None:
    """Messages that the workers cannot read: what pydantic says of them quotes them."""
    sqs = stack.connection.client("sqs")
    for name in ("INBOX_QUEUE_URL", "OUTBOUND_QUEUE_URL"):
        sqs.send_message(
            QueueUrl=stack.connection.name(name),
            MessageBody=json.dumps(
                {"branch": BRANCH, "trace": "poison", "event": {"kind": MARKED}}
            ),
            MessageGroupId="poison",
            MessageDeduplicationId=str(uuid4()),
        )


async def words(stack: Stack, people: list[Json]) -> dict[str, str]:
    """Everything personal or secret that was used, by what it is."""
    found: dict[str, str] = {"marked": MARKED, "forged": FORGED, "marked phone": "900 000-00-77"}
    found |= dict(DEMO_SECRETS)
    for key, value in host.environment(stack.data).items():
        if "SECRET" in key:
            found[key] = value
    for deal in (await stack.sandbox.deals()).values():
        found[f"deal {deal['id']}"] = deal["name"]
        for contact in deal["contacts"]:
            found |= _of(f"contact {contact.get('id')}", contact)
    for chat in (await stack.sandbox.chats()).values():
        found |= _of(f"chat {chat['id']}", chat)
    for number, person in enumerate(people):
        found |= _of(f"worker {number}", person)
    for sample in SAMPLE_DEALS:
        found |= {sample.client: sample.client, sample.address: sample.address}
        found |= {sample.conditions: sample.conditions}
        if sample.phone:
            found[f"phone of {sample.client}"] = sample.phone
    return found | {f"digits of {name}": number for name, number in _digits(found)}


_NAMES = ("first_name", "last_name", "username", "login", "phone", "name", "email", "title")


def _of(what: str, said: Json) -> dict[str, str]:
    return {
        f"{name} of {what}": str(said[name])
        for name in _NAMES
        if said.get(name) and len(str(said[name])) > 3
    }


def _digits(found: dict[str, str]) -> Iterator[tuple[str, str]]:
    """A phone as its digits alone, however it was written."""
    for name, word in found.items():
        digits = re.sub(r"\D", "", word)
        if re.match(r"\+?7[ 0-9()-]{9,}", word) and len(digits) >= 10:
            yield name, digits


def written(stack: Stack) -> str:
    """All that was logged: by the functions, by the host, and on its terminal."""
    logs = [*(stack.data / "logs").glob("*"), stack.data.parent / "up.log"]
    return "\n".join(path.read_text("utf-8", "replace") for path in logs)


def escaped(text: str) -> str:
    r"""As JSON that keeps to ASCII writes it: Cyrillic letters become \u escapes."""
    return json.dumps(text)[1:-1]


def log_of(data: Path) -> list[Json]:
    text = (data / "logs" / "functions.log").read_text("utf-8")
    return [json.loads(line) for line in text.splitlines() if line.startswith("{")]
