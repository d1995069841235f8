"""From a closed deal to a bonus, played in a browser by a person who reads nothing but the page.

Each test has a client of its own, for Switchboard asks nobody twice within a month, and what it
knows outlives the sandbox's reset. Which site a client is sent to is decided by his number: Vera
to the one with a bonus, Denis to the one without.
"""

from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, Locator, Page, expect
from playwright.sync_api import TimeoutError as NotYet

_PERSON = (
    "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) "
    "Chrome/140.0.0.0 Safari/537.36"
)
"""A browser without a window names itself so that it is taken for a robot, as it should be."""
_SLOW = 20_000


@pytest.fixture
def page(browser: Browser, sandbox_page: str) -> Iterator[Page]:
    """The tab of the tyre services in its first state. Whatever it complains of fails the test."""
    context = browser.new_context(viewport={"width": 1440, "height": 900}, user_agent=_PERSON)
    opened = context.new_page()
    complaints: list[str] = []
    opened.on("pageerror", lambda error: complaints.append(str(error)))
    opened.on(
        "console", lambda said: complaints.append(said.text) if said.type == "error" else None
    )
    opened.goto(f"{sandbox_page}#reviews")
    with opened.expect_response(lambda answer: answer.url.endswith("/reset")):
        opened.click("#reset")
    expect(opened.locator(".portal-new .card")).to_have_count(5)
    expect(opened.locator(".portal-won .card")).to_have_count(0)
    yield opened
    context.close()
    assert complaints == []


def _become(page: Page, name: str) -> None:
    page.locator(".client", has_text=name).click()


def _meet_the_bot(page: Page, name: str) -> None:
    _become(page, name)
    page.click("#telegram-start-button")
    page.locator("#telegram-keys").get_by_text("Поделиться номером").click(timeout=_SLOW)
    expect(page.locator("#telegram-messages")).to_contain_text("Теперь мы на связи", timeout=_SLOW)


def _close_the_deal(page: Page, title: str) -> Locator:
    card = page.locator(".portal .card", has_text=title)
    card.drag_to(page.locator(".portal-won"))
    done = page.locator(".portal-won .card", has_text=title)
    expect(done).to_be_visible()
    expect(page.locator("#log")).to_contain_text("Switchboard принял веб-хук", timeout=_SLOW)
    return done


def _wait_by_the_clock(page: Page, wanted: Locator) -> None:
    """Until the morning, and on by two hours, till it has come."""
    page.click("[data-leap=morning]")
    for _ in range(4):
        try:
            wanted.wait_for(timeout=4_000)
        except NotYet:
            page.click("[data-leap=hours]")
        else:
            return
    expect(wanted).to_be_visible(timeout=_SLOW)


def _question(page: Page, number: int) -> Locator:
    return page.locator("#telegram-messages .row", has_text=f"Вопрос {number} из 3").last


def _press_score(page: Page, question: int, score: int) -> None:
    row = _question(page, question)
    expect(row).to_be_visible(timeout=_SLOW)
    row.locator(".key").get_by_text(str(score), exact=True).click()


def _open(page: Page, link: Locator) -> Page:
    with page.expect_popup() as popup:
        link.click()
    return popup.value


def test_a_happy_client_is_asked_reviews_and_has_his_bonus_once(page: Page) -> None:
    _meet_the_bot(page, "Вера")
    card = _close_the_deal(page, "Переобувка R17")
    _wait_by_the_clock(page, _question(page, 1))
    for question, score in ((1, 9), (2, 8), (3, 10)):
        _press_score(page, question, score)

    expect(card.locator(".average")).to_contain_text("9", timeout=_SLOW)
    expect(card.locator(".scores li")).to_have_text(["качество9", "скорость8", "вежливость10"])
    expect(card).to_contain_text("вариант B")
    link = page.locator("#telegram-messages a.key.link").last
    expect(link).to_be_visible(timeout=_SLOW)

    page.locator("#switches").get_by_text("Роботы по ссылке").click()
    expect(page.locator("#log")).to_contain_text("Ссылку открыли роботы", timeout=_SLOW)
    door = _open(page, link)
    expect(door.locator("body")).to_contain_text("300 бонусов")
    expect(page.locator(".movement")).to_have_count(0)
    door.get_by_role("button").click()
    expect(door.get_by_role("heading")).to_have_text("Шинный центр")
    door.get_by_role("button", name="Отправить отзыв").click()
    expect(door.locator("body")).to_contain_text("Спасибо за отзыв")
    door.close()

    expect(page.locator("#telegram-messages")).to_contain_text("Начислили вам 300", timeout=_SLOW)
    expect(page.locator(".balance b")).to_have_text(["300", "300"], timeout=_SLOW)
    expect(card).to_contain_text("отзыв: Яндекс Карты", timeout=_SLOW)
    expect(page.locator("#sites")).to_contain_text("пришли: 1, отзывов: 1")

    again = _open(page, link)
    again.get_by_role("button").click()
    expect(page.locator("#sites")).to_contain_text("пришли: 2", timeout=_SLOW)
    again.close()
    expect(page.locator(".movement.plus")).to_have_count(1)

    page.click("#portal-new")
    page.locator(".portal-new .card", has_text="Балансировка, четыре").drag_to(
        page.locator(".portal-preparation")
    )
    next_deal = page.locator(".portal-preparation .card", has_text="Балансировка, четыре")
    expect(next_deal).to_contain_text("цену пересчитал Switchboard", timeout=_SLOW)
    expect(next_deal.locator(".facts b")).to_have_text("2\u00a0100 ₽")


def test_an_unhappy_client_hears_sorry_and_a_person_has_a_task(page: Page) -> None:
    _meet_the_bot(page, "Денис")
    card = _close_the_deal(page, "Сход-развал")
    _wait_by_the_clock(page, _question(page, 1))
    _press_score(page, 1, 4)
    expect(_question(page, 2)).to_be_visible(timeout=_SLOW)
    page.fill("#telegram-form input", "шесть")
    page.press("#telegram-form input", "Enter")
    _press_score(page, 3, 5)

    expect(page.locator("#telegram-messages")).to_contain_text("очень жаль", timeout=_SLOW)
    expect(card.locator(".average.poor")).to_contain_text("5", timeout=_SLOW)
    expect(card.locator(".tasks")).to_contain_text("Павел Управляев · до", timeout=_SLOW)
    expect(page.locator(".movement.plus")).to_have_count(1)


def test_a_client_without_telegram_answers_on_a_page(page: Page) -> None:
    _become(page, "Анна")
    expect(page.locator("#telegram")).to_be_hidden()
    card = _close_the_deal(page, "Переобувка R19")
    link = page.locator("#telephone-messages a.key.link")
    _wait_by_the_clock(page, link)
    survey = _open(page, link)
    for question, score in (("quality", 10), ("speed", 9), ("politeness", 9)):
        survey.locator(f"input[name={question}][value='{score}']").check()
    survey.get_by_role("button", name="Отправить").click()

    expect(card.locator(".average")).to_contain_text("9,33", timeout=_SLOW)
    expect(page.locator("#telephone-messages")).to_contain_text("/r/", timeout=_SLOW)
    survey.close()


def test_a_client_whom_the_bot_does_not_know_answers_in_whatsapp(page: Page) -> None:
    _become(page, "Роман")
    card = _close_the_deal(page, "Комплект на зиму")
    messages = page.locator("#telephone-messages")
    here = messages.get_by_role("button", name="Ответить в чате")
    _wait_by_the_clock(page, here)
    here.click()
    for number, words in ((1, "девять"), (2, "8 из 10"), (3, "10!")):
        expect(messages).to_contain_text(f"Вопрос {number} из 3", timeout=_SLOW)
        page.fill("#telephone-form input", words)
        page.press("#telephone-form input", "Enter")

    expect(messages).to_contain_text("Передали ваши оценки мастерам", timeout=_SLOW)
    expect(messages).to_contain_text("/r/", timeout=_SLOW)
    expect(card.locator(".scores li")).to_have_text(
        ["качество9", "скорость8", "вежливость10"], timeout=_SLOW
    )
    expect(messages.locator(".ticks")).to_have_text(["✓✓"] * 4)
    expect(here).to_have_count(0)
    expect(page.locator("#telephone-window")).to_contain_text("Окно 24 часа")


def test_a_client_without_whatsapp_is_asked_by_sms(page: Page) -> None:
    _become(page, "Галина")
    page.locator("#telephone-head").get_by_role("switch", name="WhatsApp").click()
    expect(page.locator("#telephone-form")).to_be_hidden()
    _close_the_deal(page, "Переобувка R15")
    sms = page.locator("#telephone-messages .by-sms")
    _wait_by_the_clock(page, sms)

    expect(sms).to_contain_text("/s/")
    expect(page.locator("#log")).to_contain_text("WhatsApp не доставил: 131026")
    expect(page.locator("#telephone-messages .row")).to_have_count(1)


def test_the_tabs_are_changed_by_the_keyboard(page: Page) -> None:
    page.focus("#tab-reviews")
    page.keyboard.press("ArrowRight")
    expect(page.locator("#scene-dispatch")).to_be_visible()
    expect(page.locator("#scene-reviews")).to_be_hidden()
    expect(page.locator("#tab-dispatch")).to_be_focused()
    expect(page.locator("#switches")).to_contain_text("amoCRM не отвечает")
    page.keyboard.press("ArrowLeft")
    expect(page.locator("#switches")).to_contain_text("1С молчит")
    expect(page.locator(".portal-new .card")).to_have_count(5)
