"""SIGKILL for a function's process, chosen by chance."""

import asyncio
import contextlib
import os
import random
import signal
from collections.abc import Mapping

from tests.proofs.stack import Stack


async def kill_one(stack: Stack, shares: Mapping[str, int], chance: random.Random) -> str | None:
    """The function whose process has died; None where none of these runs at the moment."""
    pids = await asyncio.to_thread(stack.function_pids)
    function = pick(pids, shares, chance)
    if function is None:
        return None
    with contextlib.suppress(ProcessLookupError):
        os.kill(chance.choice(pids[function]), signal.SIGKILL)
        return plain(function)
    return None


def pick(
    pids: Mapping[str, list[int]], shares: Mapping[str, int], chance: random.Random
) -> str | None:
    """One of the functions that run, by the shares of their plain names."""
    found = {plain(name): name for name, alive in pids.items() if alive}
    there = {found[name]: share for name, share in shares.items() if name in found}
    if not there:
        return None
    return chance.choices(list(there), list(there.values()))[0]


def plain(name: str) -> str:
    """TelegramWebhookFunction, telegram-webhook and telegram_webhook are one function."""
    words = "".join(f"_{c.lower()}" if c.isupper() else c for c in name).strip("_")
    return words.replace("-", "_").removeprefix("local_").removesuffix("_function")
