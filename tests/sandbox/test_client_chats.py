"""The second bot, and what a client does in his private chat with it."""

import json
from collections.abc import AsyncIterator
from typing import Any

import httpx
import pytest
from starlette.responses import JSONResponse, Response
from telegram import (
    Bot,
    InlineKeyboardButton,
    InlineKeyboardMarkup,
    KeyboardButton,
    ReplyKeyboardMarkup,
    ReplyKeyboardRemove,
)
from telegram.error import BadRequest, Forbidden, NetworkError
from telegram.request import HTTPXRequest

from sandbox.server import Running
from tests.sandbox.door import Door, Seen

pytestmark = pytest.mark.anyio

VERA, DENIS, ROMAN = 910000021, 910000022, 910000023
ASK = ReplyKeyboardMarkup([[KeyboardButton("Поделиться", request_contact=True)], ["Позже"]])
ASK_JSON = json.dumps(ASK.to_dict())


@pytest.fixture
async def bot(sandbox: Running) -> AsyncIterator[Bot]:
    bot = Bot(
        "000001:TEST",
        base_url=f"{sandbox.url}/tyres/telegram/bot",
        request=HTTPXRequest(httpx_kwargs={"trust_env": False, "verify": False}),
    )
    async with bot:
        yield bot


async def wish(control: httpx.AsyncClient, path: str, **body: Any) -> dict[str, Any]:
    answer = await control.post(path, json={"bot": "tyres", **body})
    assert answer.status_code == 200, answer.text
    found: dict[str, Any] = answer.json()
    return found


async def chat_of(control: httpx.AsyncClient, user: int) -> dict[str, Any]:
    chats = (await control.get("/telegram/chats?bot=tyres")).json()["chats"]
    found: dict[str, Any] = next(chat for chat in chats if chat["id"] == user)
    return found


def message_in(seen: Seen) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(seen.body)["message"]
    return found


async def test_each_bot_has_its_own_people_and_door(
    bot: Bot, control: httpx.AsyncClient, door: Door
) -> None:
    assert (await bot.get_me()).username == "switchboard_tyres_bot"
    with pytest.raises(BadRequest, match="Chat not found"):
        await bot.send_message(910000001, "не тот бот")
    with pytest.raises(Forbidden, match="can't initiate"):
        await bot.send_message(ROMAN, "Здравствуйте")
    await wish(control, "/start", user_id=ROMAN, payload="s_1")
    (seen,) = await door.expect(1)
    assert seen.path == "/telegram/tyres"
    assert seen.headers["x-telegram-bot-api-secret-token"] == "tyres-telegram-secret"
    await bot.send_message(ROMAN, "Здравствуйте")
    assert [one["text"] for one in (await chat_of(control, ROMAN))["messages"]] == [
        "/start s_1",
        "Здравствуйте",
    ]
    unknown = await control.post("/start", json={"user_id": ROMAN, "bot": "nobody"})
    assert unknown.status_code == 400
    assert (await control.post("/start", json={"user_id": ROMAN})).status_code == 400


async def test_tokens_open_one_bot_each(sandbox: Running) -> None:
    async with httpx.AsyncClient(trust_env=False, verify=False) as client:
        for base, token in (("telegram", "000001:TEST"), ("tyres/telegram", "000000:TEST")):
            answer = await client.get(f"{sandbox.url}/{base}/bot{token}/getMe")
            assert answer.status_code == 401


async def test_a_client_shares_his_number_by_the_button(
    bot: Bot, control: httpx.AsyncClient, door: Door
) -> None:
    asked = await bot.send_message(VERA, "Ваш номер?", reply_markup=ASK)
    assert (await chat_of(control, VERA))["keyboard"] == [
        [{"text": "Поделиться", "request_contact": True}],
        [{"text": "Позже"}],
    ]
    await wish(control, "/telegram/contact", user_id=VERA)
    message = message_in((await door.expect(1))[0])
    assert message["from"]["id"] == VERA
    assert message["contact"] == {
        "phone_number": "79000000021",
        "first_name": "Вера",
        "last_name": "Колёсникова",
        "user_id": VERA,
    }
    assert message["reply_to_message"]["message_id"] == asked.message_id
    assert "text" not in message
    await bot.send_message(VERA, "Спасибо", reply_markup=ReplyKeyboardRemove())
    assert (await chat_of(control, VERA))["keyboard"] == []


async def test_a_keyboard_for_one_time_goes_when_it_is_used(
    bot: Bot, control: httpx.AsyncClient
) -> None:
    once = ReplyKeyboardMarkup([["Да"]], one_time_keyboard=True)
    await bot.send_message(VERA, "Спросить?", reply_markup=once)
    await wish(control, "/say", user_id=VERA, text="Не знаю")
    assert (await chat_of(control, VERA))["keyboard"] == [[{"text": "Да"}]]
    await wish(control, "/say", user_id=VERA, text="Да")
    assert (await chat_of(control, VERA))["keyboard"] == []


async def test_foreign_cards(bot: Bot, control: httpx.AsyncClient, door: Door) -> None:
    await bot.send_message(DENIS, "Ваш номер?", reply_markup=ASK)
    await wish(control, "/telegram/contact", user_id=DENIS, foreign=True)
    await wish(control, "/telegram/contact", user_id=DENIS, of=VERA)
    await wish(control, "/telegram/contact", user_id=DENIS, phone="+7 900 000-00-22")
    stranger, vera, spelt = (message_in(seen) for seen in await door.expect(3))
    assert "user_id" not in stranger["contact"]
    assert vera["contact"]["user_id"] == VERA
    assert {one["from"]["id"] for one in (stranger, vera)} == {DENIS}
    assert "reply_to_message" not in vera
    assert spelt["contact"]["phone_number"] == "+7 900 000-00-22"
    silent = await control.post("/telegram/contact", json={"user_id": ROMAN, "bot": "tyres"})
    assert silent.status_code == 400
    nameless = await control.post("/telegram/contact", json={"user_id": 910000001})
    assert nameless.status_code == 400


async def test_buttons_are_pressed_in_private(
    bot: Bot, control: httpx.AsyncClient, door: Door
) -> None:
    def answers(seen: Seen) -> Response:
        query = json.loads(seen.body)["callback_query"]
        method = {"method": "answerCallbackQuery", "callback_query_id": query["id"]}
        return JSONResponse(method | {"text": query["data"]})

    door.answers = answers
    scores = [[InlineKeyboardButton(str(n), callback_data=f"q:{n}") for n in range(1, 11)]]
    first = await bot.send_message(VERA, "Качество?", reply_markup=InlineKeyboardMarkup(scores))
    later = [[InlineKeyboardButton("Позже", callback_data="later")]]
    await bot.send_message(VERA, "Скорость?", reply_markup=InlineKeyboardMarkup(later))
    link = InlineKeyboardButton("Отзыв", url="http://127.0.0.1:8080/r/abc")
    await bot.send_message(VERA, "Спасибо", reply_markup=InlineKeyboardMarkup([[link]]))
    last = await wish(control, "/press", user_id=VERA, wait=3)
    named = await wish(
        control, "/press", user_id=VERA, message_id=first.message_id, button="8", wait=3
    )
    placed = await wish(
        control, "/press", user_id=VERA, message_id=first.message_id, button=9, wait=3
    )
    assert [one["answer"]["text"] for one in (last, named, placed)] == ["later", "q:8", "q:10"]
    found = (await control.get("/presses?bot=tyres")).json()["presses"]
    assert [press["chat_id"] for press in found] == [VERA] * 3
    assert (await control.get("/presses")).json()["presses"] == []
    shown = (await chat_of(control, VERA))["messages"][-1]["reply_markup"]["inline_keyboard"]
    assert shown == [[{"text": "Отзыв", "url": "http://127.0.0.1:8080/r/abc"}]]


async def test_many_clients_press_each_in_his_own_chat(
    bot: Bot, control: httpx.AsyncClient, door: Door
) -> None:
    made = await wish(control, "/telegram/workers", count=3)
    users = [user["id"] for user in made["users"]]
    key = InlineKeyboardMarkup([[InlineKeyboardButton("8", callback_data="q:8")]])
    for user in users:
        await bot.send_message(user, "Качество?", reply_markup=key)
    body = {"bot": "tyres", "users": users, "wait": 0}
    pressed = (await control.post("/presses", json=body)).json()["presses"]
    assert [press["chat_id"] for press in pressed] == users
    queries = [json.loads(seen.body)["callback_query"] for seen in await door.expect(3)]
    assert {query["from"]["id"] for query in queries} == set(users)


async def test_what_telegram_refuses_about_keyboards(sandbox: Running, bot: Bot) -> None:
    group = sandbox.world.telegram.methods
    with pytest.raises(Exception, match="requested in private chats only"):
        group.call("sendMessage", {"chat_id": -4100200300, "text": "?", "reply_markup": ASK_JSON})
    asked = await bot.send_message(VERA, "Ваш номер?", reply_markup=ASK)
    with pytest.raises(BadRequest, match="Message can't be edited"):
        await bot.edit_message_text("Иначе", VERA, asked.message_id)
    plain = await bot.send_message(VERA, "Просто текст")
    with pytest.raises(BadRequest, match="Inline keyboard expected"):
        await bot.edit_message_text("Иначе", VERA, plain.message_id, reply_markup=ASK)  # type: ignore[arg-type]


async def test_faults_pace_and_deliveries_are_each_bots_own(
    sandbox: Running, bot: Bot, control: httpx.AsyncClient, door: Door
) -> None:
    await control.put("/faults/tyres_telegram", json={"kind": "outage", "requests": 1})
    async with httpx.AsyncClient(trust_env=False, verify=False) as client:
        url = f"{sandbox.url}/telegram/bot000000:TEST/sendMessage"
        assert (await client.post(url, json={"chat_id": 910000001, "text": "там"})).is_success
    with pytest.raises(NetworkError):
        await bot.send_message(VERA, "здесь")
    await bot.send_message(VERA, "здесь")
    pace = await control.put("/telegram/pace", json={"bot": "tyres", "per_chat_burst": 1})
    assert pace.json()["per_chat_burst"] == 1
    assert sandbox.world.telegram.pace.limits.per_chat_burst == 5
    await control.put("/telegram/deliveries", json={"bot": "tyres", "repeat": 2})
    await control.post("/say", json={"user_id": 910000001, "text": "раз"})
    await wish(control, "/say", user_id=DENIS, text="дважды")
    paths = [seen.path for seen in await door.expect(3)]
    assert sorted(paths) == ["/telegram/demo", "/telegram/tyres", "/telegram/tyres"]
    calls = (await control.get("/telegram/calls?bot=tyres")).json()["counts"]
    assert calls == {"getMe ok": 1, "sendMessage 502": 1, "sendMessage ok": 1}


async def test_a_bot_of_clients_alone_has_no_group(control: httpx.AsyncClient) -> None:
    for path, body in (
        ("/telegram/migrate", {}),
        ("/telegram/people", {"user_id": VERA, "does": "join"}),
    ):
        answer = await control.post(path, json={"bot": "tyres", **body})
        assert answer.status_code == 400
        assert answer.json()["error"]


async def test_the_page_sees_the_clients(bot: Bot, sandbox: Running) -> None:
    link = InlineKeyboardButton("Отзыв", url="http://127.0.0.1:8080/r/abc")
    await bot.send_message(DENIS, "Спасибо", reply_markup=InlineKeyboardMarkup([[link]]))
    await bot.send_message(DENIS, "Ваш номер?", reply_markup=ASK)
    sandbox.world.tyres_telegram.people.share(
        DENIS, sandbox.world.tyres_telegram.people.card_of(DENIS)
    )
    async with httpx.AsyncClient(base_url=sandbox.url, trust_env=False, verify=False) as client:
        state = (await client.get("/view")).json()
    assert state["tyres"]["bot"]["username"] == "switchboard_tyres_bot"
    people = [client["telegram"] for client in state["tyres"]["clients"] if client["telegram"]]
    denis = next(person for person in people if person["id"] == DENIS)
    assert (denis["phone"], denis["member"]) == ("+79000000022", False)
    assert denis["messages"][0]["rows"][0][0]["url"] == "http://127.0.0.1:8080/r/abc"
    assert denis["messages"][2]["contact"]["user_id"] == DENIS
    assert denis["keyboard"][0][0]["request_contact"] is True
