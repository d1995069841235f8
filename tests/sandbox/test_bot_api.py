"""The Bot API stand-in, called by the real python-telegram-bot."""

from collections.abc import AsyncIterator
from datetime import timedelta

import httpx
import pytest
from telegram import Bot, InlineKeyboardButton, InlineKeyboardMarkup, LinkPreviewOptions
from telegram.error import BadRequest, ChatMigrated, Forbidden, NetworkError, RetryAfter
from telegram.request import HTTPXRequest

from sandbox.server import Running

pytestmark = pytest.mark.anyio

GROUP = -4100200300
STARTED, NOT_STARTED = 910000001, 910000002


@pytest.fixture
async def bot(sandbox: Running) -> AsyncIterator[Bot]:
    bot = Bot(
        "000000:TEST",
        base_url=f"{sandbox.url}/telegram/bot",
        request=HTTPXRequest(httpx_kwargs={"trust_env": False, "verify": False}),
    )
    async with bot:
        yield bot


def keyboard(data: str = "claim:1") -> InlineKeyboardMarkup:
    return InlineKeyboardMarkup([[InlineKeyboardButton("Забрать заказ", callback_data=data)]])


async def test_a_message_is_sent_edited_and_deleted(bot: Bot) -> None:
    sent = await bot.send_message(
        GROUP,
        "<b>Заказ</b> 24 м²",
        parse_mode="HTML",
        reply_markup=keyboard(),
        link_preview_options=LinkPreviewOptions(is_disabled=True),
    )
    assert (sent.text, sent.entities[0].type, sent.entities[0].length) == ("Заказ 24 м²", "bold", 5)
    assert sent.reply_markup == keyboard()
    edited = await bot.edit_message_text("Заказ взят", GROUP, sent.message_id)
    assert not isinstance(edited, bool)
    assert (edited.text, edited.reply_markup) == ("Заказ взят", None)
    assert edited.edit_date is not None
    restored = await bot.edit_message_reply_markup(GROUP, sent.message_id, reply_markup=keyboard())
    assert not isinstance(restored, bool)
    assert restored.reply_markup == keyboard()
    assert await bot.delete_message(GROUP, sent.message_id)
    with pytest.raises(BadRequest, match="Message to edit not found"):
        await bot.edit_message_text("поздно", GROUP, sent.message_id)


async def test_message_ids_run_per_chat(bot: Bot) -> None:
    first = await bot.send_message(GROUP, "один")
    await bot.send_message(STARTED, "в другом чате")
    second = await bot.send_message(GROUP, "два")
    assert second.message_id == first.message_id + 1


async def test_what_a_bot_asks_about_itself_and_its_chats(bot: Bot) -> None:
    assert (await bot.get_me()).username == "switchboard_demo_bot"
    assert (await bot.get_chat(GROUP)).title == "Исполнители · заказы"
    assert (await bot.get_chat_member(GROUP, STARTED)).status == "member"
    await bot.set_webhook("http://127.0.0.1:9/x", secret_token="s", max_connections=7)
    info = await bot.get_webhook_info()
    assert (info.url, info.max_connections) == ("http://127.0.0.1:9/x", 7)
    assert await bot.delete_webhook()


@pytest.mark.parametrize(
    ("chat_id", "refusal"),
    [(NOT_STARTED, "can't initiate conversation"), (555, "Chat not found")],
)
async def test_strangers_cannot_be_written_to(bot: Bot, chat_id: int, refusal: str) -> None:
    with pytest.raises((Forbidden, BadRequest), match=refusal):
        await bot.send_message(chat_id, "Здравствуйте")


async def test_start_opens_the_chat_and_a_block_closes_it(
    bot: Bot, control: httpx.AsyncClient
) -> None:
    await control.post("/start", json={"user_id": NOT_STARTED})
    await bot.send_message(NOT_STARTED, "Здравствуйте")
    await control.post("/telegram/people", json={"user_id": NOT_STARTED, "does": "block"})
    with pytest.raises(Forbidden, match="bot was blocked by the user"):
        await bot.send_message(NOT_STARTED, "Вы где?")


@pytest.mark.parametrize("data", ["я" * 33, "x" * 65])
async def test_callback_data_is_counted_in_bytes(bot: Bot, data: str) -> None:
    with pytest.raises(BadRequest, match=r"(?i)button_data_invalid"):
        await bot.send_message(GROUP, "Заказ", reply_markup=keyboard(data))
    await bot.send_message(GROUP, "Заказ", reply_markup=keyboard("x" * 64))


async def test_an_edit_that_changes_nothing_is_refused(bot: Bot) -> None:
    sent = await bot.send_message(GROUP, "Заказ", reply_markup=keyboard())
    with pytest.raises(BadRequest, match="Message is not modified"):
        await bot.edit_message_text("Заказ", GROUP, sent.message_id, reply_markup=keyboard())


async def test_only_its_own_messages_can_be_edited(bot: Bot, control: httpx.AsyncClient) -> None:
    said = await control.post("/say", json={"user_id": STARTED, "text": "Привет"})
    with pytest.raises(BadRequest, match="Message can't be edited"):
        await bot.edit_message_text("нет", GROUP, said.json()["message_id"])


async def test_a_text_may_hold_4096_characters_after_its_markup(bot: Bot) -> None:
    await bot.send_message(GROUP, f"<b>{'я' * 4096}</b>", parse_mode="HTML")
    with pytest.raises(BadRequest, match="Message is too long"):
        await bot.send_message(GROUP, "я" * 4097)


async def test_a_supergroup_refuses_the_old_number(bot: Bot, control: httpx.AsyncClient) -> None:
    moved = (await control.post("/telegram/migrate", json={})).json()["chat_id"]
    with pytest.raises(ChatMigrated) as refused:
        await bot.send_message(GROUP, "Заказ")
    assert refused.value.new_chat_id == moved
    await bot.send_message(moved, "Заказ")


async def test_429_for_one_chat_leaves_the_others_alone(
    bot: Bot, control: httpx.AsyncClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    # The library warns unless told which type retry_after shall have.
    monkeypatch.setenv("PTB_TIMEDELTA", "true")
    fault = {"kind": "too_many_requests", "chat_id": GROUP, "retry_after": 7, "requests": 1}
    await control.put("/faults/telegram", json=fault)
    await bot.send_message(STARTED, "лично")
    with pytest.raises(RetryAfter) as refused:
        await bot.send_message(GROUP, "в группу")
    assert refused.value.retry_after == timedelta(seconds=7)
    await bot.send_message(GROUP, "в группу")


async def test_a_lost_answer_is_work_done(bot: Bot, control: httpx.AsyncClient) -> None:
    for kind in ("lost_answer", "abort"):
        await control.put("/faults/telegram", json={"kind": kind, "requests": 1})
        with pytest.raises(NetworkError):
            await bot.send_message(GROUP, kind)
    chats = (await control.get("/telegram/chats")).json()["chats"]
    assert [message["text"] for message in chats[0]["messages"]] == ["lost_answer"]


async def test_wrong_tokens_and_methods(sandbox: Running) -> None:
    base = f"{sandbox.url}/telegram"
    async with httpx.AsyncClient(trust_env=False, verify=False) as client:
        wrong = await client.get(f"{base}/bot111111:WRONG/getMe")
        malformed = await client.get(f"{base}/botnonsense/getMe")
        unknown = await client.post(f"{base}/bot000000:TEST/noSuchMethod")
    assert (wrong.status_code, wrong.json()["description"]) == (401, "Unauthorized")
    assert malformed.json() == {"ok": False, "error_code": 404, "description": "Not Found"}
    assert unknown.json()["description"] == "Not Found: method not found"


@pytest.mark.parametrize("kind", ["json", "data", "files"])
async def test_every_encoding_of_parameters_is_read(sandbox: Running, kind: str) -> None:
    values = {"chat_id": str(GROUP), "text": "Привет, м²"}
    sent = {"json": values, "data": values, "files": {k: (None, v) for k, v in values.items()}}
    async with httpx.AsyncClient(trust_env=False, verify=False) as client:
        url = f"{sandbox.url}/telegram/bot000000:TEST/sendMessage"
        answer = await client.post(url, **{kind: sent[kind]})  # type: ignore[arg-type]
    assert answer.json()["result"]["text"] == "Привет, м²"
