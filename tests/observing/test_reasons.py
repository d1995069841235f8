"""Reasons go to the log and the dead letters' list: a provider's words only as far as they are its
own."""

import asyncio
from collections.abc import Iterator

import pytest

from switchboard.channels.telegram.client import Telegram
from switchboard.domain.errors import Outage, Refused
from tests.channels.bot_api import TOKEN, BotApi, refused


@pytest.fixture
def api() -> Iterator[BotApi]:
    started = BotApi()
    yield started
    started.stop()


@pytest.fixture
def telegram(api: BotApi) -> Iterator[Telegram]:
    with asyncio.Runner() as runner:
        client = Telegram(TOKEN, api.base_url, None, runner)
        yield client
        runner.run(client._bot._request[0].shutdown())
        runner.run(client._bot._request[1].shutdown())


@pytest.mark.parametrize(
    ("said", "reason"),
    [
        (
            'Bad Request: can\'t parse entities: unsupported start tag "иван примеров" at byte 7',
            'can\'t parse entities: unsupported start tag "…" at byte 7',
        ),
        ('Bad Request: wrong "Иван', 'wrong "…"'),
        ("Bad Request: message text is empty", "message text is empty"),
    ],
)
def test_telegram_may_quote_our_text_and_we_do_not(
    api: BotApi, telegram: Telegram, said: str, reason: str
) -> None:
    api.answers = [refused(400, said)]
    with pytest.raises(Refused) as raised:
        telegram.send(-1, "x", ())
    assert raised.value.reason.casefold() == f"telegram: {reason}".casefold()


def test_an_outage_names_its_provider(api: BotApi, telegram: Telegram) -> None:
    api.answers = [refused(502, "Bad Gateway")]
    with pytest.raises(Outage) as raised:
        telegram.send(-1, "x", ())
    assert raised.value.provider == "telegram"
    assert raised.value.reason.startswith("telegram: ")
