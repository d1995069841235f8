"""The dispatch, played in a browser by a person who reads nothing but the page."""

from playwright.sync_api import Page, expect

_SEARCH = "Поиск исполнителя"


def _offer(page: Page) -> None:
    page.locator(".stage-new .card").first.drag_to(page.locator(".stage-search"))
    expect(page.locator("#group-messages")).to_contain_text("Кто готов взять заказ?")


def _become(page: Page, name: str) -> None:
    page.locator(".person", has_text=name).click()


def test_a_deal_is_dragged_and_exactly_one_of_three_takes_it(page: Page) -> None:
    _offer(page)
    page.click(".race")

    people = page.locator("#people")
    expect(people).to_contain_text("Заказ ваш!")
    expect(people.locator("text=Заказ уже занят, исполнитель")).to_have_count(2)
    group = page.locator("#group-messages")
    expect(group).to_contain_text("Исполнитель найден")
    expect(group).to_contain_text("✅ Исполнитель найден")
    card = page.locator(".stage-in_work .card")
    expect(card).to_contain_text("записал Switchboard")
    expect(page.locator(".phones")).to_contain_text("Заказ «")


def test_a_worker_who_never_pressed_start_is_led_back_to_this_job(page: Page) -> None:
    _offer(page)
    _become(page, "Лада")
    page.locator("#group-messages").get_by_text("Получить номер телефона клиента").last.click()
    page.locator("#group-messages").get_by_text("Открыть личный чат").last.click(timeout=30_000)

    expect(page.locator("#phone-messages")).to_contain_text("+7 900 000-00-")


def test_the_crm_is_down_and_the_claim_is_written_back_when_it_is_up_again(page: Page) -> None:
    _offer(page)
    outage = page.locator(".switch", has_text="amoCRM не отвечает")
    outage.click()
    _become(page, "Гоша")
    page.locator("#group-messages").get_by_text("Забрать заказ").last.click()

    expect(page.locator("#people")).to_contain_text("Заказ ваш!")
    expect(page.locator(".stage-search .card")).to_have_count(1)
    outage.click()
    expect(page.locator(".stage-in_work .card")).to_contain_text("Безлогинов")
