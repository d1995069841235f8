"""The claim as the people in it live through it: what they do, and the words they read."""

from datetime import timedelta

import pytest

from switchboard.crm.facts import job_facts
from switchboard.domain.deal import Contact, JobFacts, Stage
from switchboard.domain.effects import (
    AddNote,
    AddTask,
    EditMessage,
    Schedule,
    SendContact,
    SendMessage,
    UpdateDeal,
)
from switchboard.domain.events import Unclaimed
from switchboard.flows.claim import effects as follow
from switchboard.flows.claim.job import Holder, standing
from switchboard.texts.catalogue import MESSAGE_LIMIT
from tests.flows.story import (
    DEAL,
    FACTS,
    IVAN,
    JOB,
    MANAGER,
    MANAGER_CHAT,
    NOW,
    OLGA,
    PETR,
    VERSION,
    WORKERS_CHAT,
    Story,
    deal,
    deal_is_gone,
    playbook,
    press,
)

CLIENT = Contact(name="Анна Клиентова", phone="+7 900 000-00-01")


@pytest.fixture
def story() -> Story:
    """A job that is offered."""
    begun = Story()
    assert begun.tell(deal()) == "offered"
    return begun


def test_a_deal_in_search_is_posted_with_its_two_buttons(story: Story) -> None:
    post = story.effect(":post", SendMessage)
    assert (post.chat, post.probe) == (WORKERS_CHAT, True)
    assert post.text == (
        "<b>Перевод документов для визы</b>\n\nДва паспорта, с нотариусом\n\n"
        "🕒 Срок: 21 ноября, 18:00\n💰 Оплата: 15 000 ₽\n🛠 Нужно: английский, немецкий\n\n"
        "Кто готов взять заказ?"
    )
    assert [[(button.text, button.data) for button in row] for row in post.buttons] == [
        [("Получить номер телефона клиента", f"contact:{JOB}:1")],
        [("Забрать заказ", f"claim:{JOB}:1")],
    ]
    assert story.job is not None
    assert (story.job.playbook, story.job.offer) == (VERSION, 1)


def test_callback_data_fits_telegrams_64_bytes() -> None:
    long = Story()
    event = deal().model_copy(update={"deal_id": "сделка с очень длинным именем " * 5})
    long.tell(event)
    for row in long.effect(":post", SendMessage).buttons:
        assert len(row[0].data.encode()) <= 64


def test_a_worker_asks_for_the_contact_and_only_he_gets_it(story: Story) -> None:
    assert story.tell(press(OLGA, "contact")) == "contact_sent"
    (parcel,) = story.effects
    assert isinstance(parcel, SendContact)
    assert (parcel.chat, parcel.worker, parcel.workers_chat) == (OLGA.id, OLGA, WORKERS_CHAT)
    assert _contact(story, parcel) == (
        "Заказ «Перевод документов для визы»\n\nКлиент: Анна Клиентова\n"
        "Телефон: +7 900 000-00-01\n\nДоговорились? Нажмите «Забрать заказ» в группе."
    )


def test_the_first_claim_wins_and_everybody_learns_it(story: Story) -> None:
    assert story.tell(press(IVAN)) == "won"
    assert story.names == [
        "edit.claimed.0",
        "won.notice",
        "won.contact",
        "won.deal",
        "won.note",
        "won.task",
        "won.manager",
    ]
    edit = story.effect(":edit.claimed.0", EditMessage)
    assert (edit.of, edit.buttons) == (f"{JOB}:1:post", ())
    assert edit.text.endswith("✅ Исполнитель найден: Иван")
    notice = story.effect(":won.notice", SendMessage)
    assert notice.text == (
        "Исполнитель найден: Иван. Заказ «Перевод документов для визы» больше не предлагается."
    )
    told = story.effect(":won.manager", SendMessage)
    assert told.chat == MANAGER_CHAT
    assert told.text == (
        "✅ Заказ «Перевод документов для визы» взял исполнитель: "
        f"Иван Примеров (@ivan_primerov)\nhttps://crm.example/leads/{DEAL}"
    )
    task = story.effect(":won.task", AddTask)
    assert (task.responsible, task.due) == (MANAGER, NOW + timedelta(seconds=1, minutes=60))
    assert _contact(story, story.effect(":won.contact", SendContact)).startswith(
        "Заказ «Перевод документов для визы» ваш.\n\nКлиент: Анна Клиентова\n"
        "Телефон: +7 900 000-00-01"
    )


def test_the_winner_becomes_responsible_where_the_playbook_knows_him_by_id(story: Story) -> None:
    story.tell(press(IVAN))
    written = story.effect(":won.deal", UpdateDeal)
    assert written.deal == DEAL
    assert written.worker_name == "Иван Примеров"
    assert (written.worker_login, written.responsible) == ("@ivan_primerov", "8000001")


def test_or_by_his_login_in_any_case(story: Story) -> None:
    story.tell(press(PETR))
    assert story.effect(":won.deal", UpdateDeal).responsible == "8000003"


def test_a_worker_without_a_login_is_named_all_the_same(story: Story) -> None:
    story.tell(press(OLGA))
    written = story.effect(":won.deal", UpdateDeal)
    assert written.worker_name == "Ольга Образцова"
    assert (written.worker_login, written.responsible) == ("", None)
    assert story.effect(":won.note", AddNote).text == "Заказ взял исполнитель: Ольга Образцова"


def test_a_worker_without_a_login_is_not_taken_for_one_that_the_playbook_names_by_id_only() -> None:
    story = Story(playbook(workers=[{"telegram": 1, "crm_user": "8000001"}]))
    story.tell(deal())
    story.tell(press(OLGA))
    assert story.effect(":won.deal", UpdateDeal).responsible is None


def test_all_others_are_too_late_and_nothing_follows(story: Story) -> None:
    story.tell(press(IVAN))
    assert story.tell(press(OLGA)) == "taken"
    assert story.effects == ()
    assert story.tell(press(OLGA, "contact", number=2)) == "taken"
    assert story.effects == ()
    assert story.job is not None
    assert story.job.worker == IVAN


def test_the_winner_presses_again_and_may_have_the_number_again(story: Story) -> None:
    story.tell(press(IVAN))
    assert story.tell(press(IVAN, number=2)) == "yours"
    assert story.effects == ()
    assert story.tell(press(IVAN, "contact", number=3)) == "contact_sent"
    assert len(story.effects) == 1


def test_the_work_is_done(story: Story) -> None:
    story.tell(press(IVAN))
    assert story.tell(deal("done", at=101)) == "done"
    assert story.names == ["edit.done.0"]
    assert story.effect(":edit.done.0", EditMessage).text.endswith(
        "✅ Выполнено. Исполнитель: Иван"
    )
    assert story.tell(press(IVAN, number=2)) == "gone"
    assert story.effects == ()


def test_the_claimed_deal_moves_on_in_the_crm_and_stays_his(story: Story) -> None:
    story.tell(press(IVAN))
    for stage in ("search", "other"):
        assert story.tell(deal(stage, at=101)) == "unchanged"
        assert story.effects == ()
    assert story.job is not None
    assert story.job.state == "claimed"


@pytest.mark.parametrize("stage", ["other", "done", "lost"])
def test_a_deal_that_leaves_search_before_anybody_took_it_is_withdrawn(
    story: Story, stage: Stage
) -> None:
    assert story.tell(deal(stage, at=101)) == "withdrawn"
    assert story.names == ["edit.withdrawn.0"]
    edit = story.effect(":edit.withdrawn.0", EditMessage)
    assert edit.text == "<s>Перевод документов для визы</s>\n\nЗаказ снят."
    assert edit.buttons == ()
    assert story.tell(press(IVAN)) == "gone"
    assert story.effects == ()


def test_a_deal_that_the_crm_no_longer_has_is_withdrawn(story: Story) -> None:
    assert story.tell(deal_is_gone()) == "withdrawn"
    assert story.tell(deal_is_gone()) == "unchanged"


def test_a_deal_that_the_crm_never_had_is_nothing() -> None:
    story = Story()
    assert story.tell(deal_is_gone()) == "unchanged"
    assert (story.job, story.effects, story.lines) == (None, (), [])


def test_a_claimed_deal_is_lost_and_the_worker_is_told(story: Story) -> None:
    story.tell(press(IVAN))
    assert story.tell(deal("lost", at=101)) == "revoked"
    told = story.effect(":revoked.worker", SendMessage)
    assert (told.chat, told.text) == (
        IVAN.id,
        "Заказ «Перевод документов для визы» снят менеджером. Выполнять его не нужно.",
    )


def test_asking_for_the_contact_of_a_withdrawn_job_is_answered_in_private(story: Story) -> None:
    story.tell(deal("lost", at=101))
    assert story.tell(press(OLGA, "contact")) == "gone"
    (parcel,) = story.effects
    # No deep link: there is nothing to come back to.
    assert isinstance(parcel, SendContact)
    assert parcel.workers_chat is None
    assert _contact(story, parcel) == (
        "Заказ «Перевод документов для визы» уже снят, номер клиента больше не выдаётся."
    )


def test_offered_again_it_is_a_new_offer_and_the_old_buttons_are_stale(story: Story) -> None:
    first_post = story.effect(":post", SendMessage).id
    story.tell(deal("lost", at=101))
    assert story.tell(deal(at=102)) == "offered"
    assert story.effect(":post", SendMessage).id == f"{JOB}:2:post" != first_post
    assert story.tell(press(OLGA, offer=1)) == "stale"
    assert story.tell(press(OLGA, "contact", offer=1, number=2)) == "stale"
    assert story.effects == ()
    assert story.tell(press(OLGA, offer=2, number=3)) == "won"


def test_a_job_done_and_offered_again_has_forgotten_its_worker(story: Story) -> None:
    story.tell(press(IVAN))
    story.tell(deal("done", at=101))
    story.tell(deal(at=102))
    assert story.job is not None
    assert story.job.worker is None
    assert story.tell(press(OLGA, offer=2)) == "won"


def test_the_manager_changes_the_conditions_and_the_post_follows(story: Story) -> None:
    dearer = FACTS.model_copy(update={"pay": "18 000 ₽"})
    assert story.tell(deal(facts=dearer, at=101)) == "updated"
    edit = story.effect(":edit.offered.1", EditMessage)
    assert "18 000 ₽" in edit.text
    assert [row[0].data for row in edit.buttons] == [f"contact:{JOB}:1", f"claim:{JOB}:1"]
    assert story.tell(deal(facts=dearer, at=102)) == "unchanged"


def test_two_changes_in_the_wrong_order_leave_the_newer_one(story: Story) -> None:
    dearer = FACTS.model_copy(update={"pay": "18 000 ₽"})
    story.tell(deal(facts=dearer, at=105))
    assert story.tell(deal("lost", at=104)) == "outdated"
    assert story.effects == ()
    assert story.job is not None
    assert (story.job.state, story.job.facts.pay) == ("offered", "18 000 ₽")


def test_nobody_takes_it_and_the_manager_is_told_once_an_offer(story: Story) -> None:
    schedule = story.effect(":overdue", Schedule)
    assert isinstance(schedule.event, Unclaimed)
    assert schedule.at == NOW + timedelta(minutes=30)
    assert story.tell(schedule.event) == "overdue"
    (told,) = story.effects
    assert isinstance(told, SendMessage)
    assert told.text == (
        "⏳ Заказ «Перевод документов для визы» не взяли за 30 минут.\n"
        f"https://crm.example/leads/{DEAL}"
    )
    first = told.id
    story.tell(schedule.event)
    assert {effect.id for effect in story.effects} <= {first}


def test_a_timer_that_is_late_changes_nothing(story: Story) -> None:
    story.tell(press(IVAN))
    assert story.tell(Unclaimed(job=JOB, offer=1)) == "unchanged"
    story.tell(deal("lost", at=101))
    story.tell(deal(at=102))
    assert story.tell(Unclaimed(job=JOB, offer=1)) == "unchanged"
    assert story.effects == ()


def test_a_press_on_a_job_that_never_was() -> None:
    story = Story()
    assert story.tell(press(IVAN)) == "unknown"
    assert (story.job, story.effects) == (None, ())


def test_without_a_manager_and_tasks_nobody_is_told_and_nothing_fails() -> None:
    story = Story(playbook(manager_chat=None, task=None, unclaimed_after_minutes=None))
    story.tell(deal())
    assert story.names == ["post"]
    assert story.tell(Unclaimed(job=JOB, offer=1)) == "overdue"
    assert story.effects == ()
    story.tell(press(IVAN))
    assert story.names == ["edit.claimed.0", "won.notice", "won.contact", "won.deal", "won.note"]


def test_a_card_without_a_phone_sends_the_worker_to_the_manager(story: Story) -> None:
    story.tell(press(IVAN))
    text = _contact(
        story, story.effect(":won.contact", SendContact), Contact(name="Анна Клиентова")
    )
    assert text == (
        "Заказ «Перевод документов для визы»\n\nКлиент: Анна Клиентова\n"
        "Телефона в карточке нет — уточните у менеджера."
    )


def test_a_card_without_a_name_is_no_reason_to_fail(story: Story) -> None:
    story.tell(press(IVAN))
    text = _contact(
        story, story.effect(":won.contact", SendContact), Contact(phone="+7 900 000-00-02")
    )
    assert "Клиент: —\n" in text


TAKEN = "Заказ «Перевод документов для визы» уже занят, исполнитель: Иван."


def test_the_contact_goes_to_nobody_else_once_the_job_is_taken(story: Story) -> None:
    story.tell(press(OLGA, "contact"))
    (parcel,) = story.effects
    assert isinstance(parcel, SendContact)
    story.tell(press(IVAN))
    assert _contact(story, parcel) == TAKEN


def test_nor_in_the_moment_between_the_claim_and_its_step(story: Story) -> None:
    assert story.job is not None
    seen = standing(story.job, Holder(press="1", worker=IVAN))
    assert follow.contact_text(seen, OLGA.id, 1, CLIENT, story.playbook) == TAKEN


@pytest.mark.parametrize(
    ("title", "shown"),
    [
        ("Срочно! <b>50%</b> & больше", "<b>Срочно! &lt;b&gt;50%&lt;/b&gt; &amp; больше</b>"),
        ("{first_name} {0.__class__}", "<b>{first_name} {0.__class__}</b>"),
        ("Доставка 👨‍👩‍👧‍👦🎂", "<b>Доставка 👨‍👩‍👧‍👦🎂</b>"),
        ("", "<b></b>"),
    ],
)
def test_a_title_stays_a_title(title: str, shown: str) -> None:
    story = Story()
    story.tell(deal(facts=JobFacts(title=title)))
    assert story.effect(":post", SendMessage).text == f"{shown}\n\nКто готов взять заказ?"
    story.tell(press(IVAN))
    # What goes into the CRM is plain text, without Telegram's escapes.
    assert "&lt;" not in story.effect(":won.task", AddTask).text


@pytest.mark.parametrize("text", ["я" * 5000, "👷" * 5000, "<&>" * 2000])
def test_texts_of_5000_characters_make_a_post_that_telegram_takes(text: str) -> None:
    story = Story()
    facts = job_facts(text, conditions=text, deadline=text, pay=text, skills=text)
    story.tell(deal(facts=facts))
    assert len(_as_telegram_counts(story.effect(":post", SendMessage).text)) <= MESSAGE_LIMIT
    story.tell(press(IVAN))
    for effect in story.effects:
        if isinstance(effect, SendMessage | EditMessage):
            assert len(_as_telegram_counts(effect.text)) <= MESSAGE_LIMIT
    contact = _contact(story, story.effect(":won.contact", SendContact))
    assert len(_as_telegram_counts(contact)) <= MESSAGE_LIMIT


def test_a_workers_name_cannot_carry_markup_into_the_chat(story: Story) -> None:
    mallory = IVAN.model_copy(update={"first_name": '<a href="https://evil.example">Жми</a>'})
    story.tell(press(mallory))
    assert "<a" not in story.effect(":won.notice", SendMessage).text
    assert "<a" not in story.effect(":edit.claimed.0", EditMessage).text
    assert "<a" in story.effect(":won.note", AddNote).text


def _contact(story: Story, parcel: SendContact, contact: Contact = CLIENT) -> str:
    assert story.job is not None
    return follow.contact_text(story.job, parcel.worker.id, parcel.offer, contact, story.playbook)


def _as_telegram_counts(text: str) -> str:
    """The text after its markup is parsed, which is what Telegram limits to 4096."""
    for tag in ("<b>", "</b>", "<s>", "</s>"):
        text = text.replace(tag, "")
    return text.replace("&lt;", "<").replace("&gt;", ">").replace("&amp;", "&")
