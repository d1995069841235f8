"""The survey as its people live through it: what the client does and reads, what the CRM gets."""

from collections.abc import Callable
from datetime import timedelta

import pytest

from switchboard.domain.effects import (
    AddNote,
    AddTask,
    LinkTo,
    RecordDeal,
    Schedule,
    SendMessage,
    TellClient,
)
from switchboard.domain.events import BonusEarned, SurveyWait
from tests.flows.survey_story import (
    ASKED_OF_THE_HAPPY,
    CLIENT,
    DEAL,
    GOOGLE,
    MANAGER,
    NEUTRAL,
    NOW,
    OTHER_CHAT,
    SURVEY,
    YANDEX,
    Story,
    asked,
    completed,
    playbook,
    waiting,
)

INVITED = (
    "Здравствуйте, Анна! Это «Шины &amp; Диски». Вы недавно были у нас — расскажите, пожалуйста, "
    "как всё прошло. Это займёт минуту и поможет нам работать лучше.\n\n"
)
SCALE = "\n1 — очень плохо, 10 — отлично"
FIRST = f"<b>Вопрос 1 из 3.</b> Как вам работа мастера?{SCALE}"
SECOND = f"<b>Вопрос 2 из 3.</b> Как быстро мы справились?{SCALE}"
THIRD = f"<b>Вопрос 3 из 3.</b> Как вам цена?{SCALE}"
THANKS = "Спасибо за ответы! Они помогают нам становиться лучше."
CLOSED = "Опрос закрыт. Спасибо, что были у нас!"
UNCLEAR = "Не получилось понять ответ. Выберите, пожалуйста, кнопку под вопросом."
HANDED = "Передали ваши слова администратору, он ответит вам."
APOLOGY = (
    "Нам очень жаль, что визит вас огорчил. Спасибо, что рассказали. Руководитель "
    "«Шины &amp; Диски» свяжется с вами до 22 ноября, 14:00, чтобы всё исправить."
)
TENS = [["1", "2", "3", "4", "5"], ["6", "7", "8", "9", "10"]]


def _link_in(told: TellClient) -> LinkTo:
    assert told.link is not None
    return told.link


# The happy one.


def test_a_happy_client_is_asked_thanked_and_invited_with_a_bonus() -> None:
    story = Story()
    assert story.closed() == "scheduled"
    assert story.scheduled("due").at == NOW + timedelta(hours=2)

    assert story.time_for("due") == "asked"
    assert story.chat == [INVITED + FIRST]
    assert story.question.labels == TENS

    assert story.press("9") == "answered"
    assert story.chat == [SECOND]
    assert story.question.labels == [*TENS, ["← Назад"]]
    assert story.press("10") == "answered"
    assert story.chat == [THIRD]

    assert story.press("8") == "completed"
    assert story.chat == [
        THANKS,
        "Расскажите о нас на «Яндекс Картах». За переход по кнопке начислим 300 бонусов — их можно "
        "потратить в следующий визит.",
    ]
    assert story.names == ["e4.3.completed", "results.completed", "note", "invite"]
    assert story.effect("results.completed", RecordDeal).results == {
        "average": 9.0,
        "answers": (
            "Как вам работа мастера? — 9\nКак быстро мы справились? — 10\nКак вам цена? — 8"
        ),
        "score_work": 9,
        "score_speed": 10,
        "score_price": 8,
    }
    assert story.effect("note", AddNote).text == (
        "Опрос клиента. Средняя оценка: 9, вариант —.\n"
        "Как вам работа мастера? — 9\nКак быстро мы справились? — 10\nКак вам цена? — 8"
    )
    invited = story.effect("invite", TellClient)
    assert (invited.button, invited.about, invited.client) == ("Оставить отзыв", "review", CLIENT)
    link = _link_in(invited)
    assert (link.url, link.bonus) == (YANDEX["url"], 300)
    assert link.expires_at == story.now + timedelta(days=30)


def test_his_press_on_the_link_earns_the_bonus_once() -> None:
    story = completed()
    story.now += timedelta(minutes=3)
    assert story.press_link() == "pressed"
    assert story.names == ["review", "bonus.earned"]
    assert story.effect("review", RecordDeal).results == {"review": "Яндекс Картах"}
    earned = story.effect("bonus.earned", Schedule)
    assert earned.at == story.now
    assert earned.event == BonusEarned(
        account=CLIENT,
        source=f"review.{SURVEY}",
        deal=DEAL,
        amount=300,
        lifetime_days=90,
        channel="telegram",
        chat=story.it.chat,
        at=story.now,
    )
    for again in (story.press_link, story.visit_link, story.press_link):
        assert again() == "unchanged"
        assert story.effects == ()


def test_a_visit_alone_is_noted_and_earns_nothing() -> None:
    story = completed(playbook(sites=[{**YANDEX, "ask": "happy"}]))
    assert story.effect("invite", TellClient).text == (
        "Расскажите, пожалуйста, о визите на «Яндекс Картах»: отзывы помогают другим выбрать."
    )
    assert story.visit_link() == "visited"
    assert story.names == ["review"]
    assert story.visit_link() == "unchanged"
    # Such a link has no button; were it pressed all the same, there is nothing to earn.
    assert story.press_link() == "pressed"
    assert story.effects == ()


def test_a_press_after_a_visit_writes_the_site_only_once() -> None:
    story = completed()
    assert story.visit_link() == "visited"
    assert story.names == ["review"]
    assert story.press_link() == "pressed"
    assert story.names == ["bonus.earned"]


@pytest.mark.parametrize("make", [waiting, asked])
def test_a_link_of_a_survey_without_a_site_is_nothing(make: Callable[[], Story]) -> None:
    story = make()
    assert story.visit_link() == "unchanged"
    assert story.press_link() == "unchanged"
    assert story.effects == ()


def test_without_sites_he_is_only_thanked() -> None:
    story = completed(playbook(sites=[]))
    assert story.chat == [THANKS]
    assert story.visit_link() == "unchanged"


def test_a_site_with_a_bonus_in_a_branch_without_one_promises_none() -> None:
    story = completed(playbook(bonus=None))
    assert _link_in(story.effect("invite", TellClient)).bonus == 0
    assert "бонус" not in story.chat[-1]


# The unhappy one.


def test_an_unhappy_client_reads_an_apology_and_a_person_has_a_task() -> None:
    story = completed(scores="9 3 7")
    assert story.it.average == 6.33
    assert story.chat == [THANKS, APOLOGY]
    task = story.effect("task.low", AddTask)
    assert (task.responsible, task.due) == (MANAGER, story.now + timedelta(hours=24))
    assert task.text == (
        "Низкая оценка (6,33): свяжитесь с клиентом.\n"
        "Как вам работа мастера? — 9\nКак быстро мы справились? — 3\nКак вам цена? — 7"
    )
    assert story.effect("results.completed", RecordDeal).results["average"] == 6.33


def test_the_owner_of_low_scores_is_the_playbooks() -> None:
    story = completed(playbook(low={"owner": "77", "due_hours": 4}), scores="1 1 1")
    task = story.effect("task.low", AddTask)
    assert (task.responsible, task.due) == ("77", story.now + timedelta(hours=4))


def test_the_promise_is_made_in_the_clients_own_time() -> None:
    story = completed(scores="1 1 1", timezone="Asia/Vladivostok")
    # 24 hours after his answer, which he gave at ten in the morning.
    assert "до 23 ноября, 10:00," in story.chat[-1]


@pytest.mark.parametrize(
    ("scores", "happy"), [("8 8 8", True), ("8 8 7", False), ("10 10 4", True), ("9 9 5", False)]
)
def test_an_average_of_8_is_happy(scores: str, happy: bool) -> None:
    story = completed(scores=scores)
    assert ("invite" in story.names, "task.low" in story.names) == (happy, not happy)


def test_a_neutral_site_is_asked_of_the_unhappy_too() -> None:
    story = completed(playbook(sites=[*ASKED_OF_THE_HAPPY, *NEUTRAL]), scores="2 2 2")
    assert story.names[-3:] == ["task.low", "apology", "invite"]
    link = _link_in(story.effect("invite", TellClient))
    assert (link.site, link.bonus) == (GOOGLE["name"], 0)


def test_sites_share_the_happy_by_their_weights() -> None:
    by = playbook(sites=[{**YANDEX, "weight": 3}, {**GOOGLE, "weight": 1}])
    sites = [completed(by, client=f"c-{n:020d}").it.site for n in range(200)]
    assert 130 < sites.count(YANDEX["name"]) < 170
    assert sites[0] == completed(by, client=f"c-{0:020d}").it.site


# Silence, and half an answer.


def test_a_silent_client_is_reminded_once_and_then_left_alone() -> None:
    story = asked()
    assert story.time_for("remind") == "reminded"
    assert story.it.asked_at is not None
    assert story.now == story.it.asked_at + timedelta(hours=24)
    # The question stands under the reminder now, and only there.
    assert story.chat == [
        "Как вам работа мастера?",
        f"«Шины &amp; Диски» ещё ждёт ваш ответ: осталось совсем немного.\n\n{FIRST}",
    ]
    again = story.scheduled("remind").event
    assert isinstance(again, SurveyWait)
    assert story.tell(again) == "unchanged"

    assert story.time_for("close") == "silent"
    assert story.now == story.it.asked_at + timedelta(hours=72)
    assert story.chat == ["Как вам работа мастера?", CLOSED]
    assert story.names == ["e2.0.silent"]
    assert story.time_for("close") == "unchanged"


def test_the_reminders_buttons_work_and_the_old_ones_are_gone() -> None:
    story = asked()
    story.press("9")
    story.time_for("remind")
    assert story.chat[0] == "Как быстро мы справились?"
    assert story.press("9") == "answered"
    assert story.press("9") == "completed"
    assert story.chat[1] == THANKS


def test_nobody_is_reminded_who_has_answered_everything() -> None:
    story = completed()
    assert story.time_for("remind") == "unchanged"
    assert story.time_for("close") == "unchanged"


def test_nobody_is_reminded_where_the_playbook_does_not_want_it() -> None:
    story = asked(playbook({"remind_after_hours": None}))
    assert [one.id for one in story.effects if isinstance(one, Schedule)] == [f"{SURVEY}:1:close"]


def test_nobody_is_reminded_who_would_have_no_time_to_answer() -> None:
    story = asked(playbook({"remind_after_hours": 24, "close_after_hours": 24}))
    assert story.names == ["q1", "close"]


def test_a_reminder_that_comes_after_the_time_is_over_is_not_sent() -> None:
    story = asked()
    assert story.time_for("remind", late=timedelta(hours=48)) == "unchanged"
    assert story.time_for("close") == "silent"


def test_a_partial_survey_is_kept_and_counted() -> None:
    story = asked()
    story.press("10")
    story.press("9")
    assert story.time_for("close") == "partial"
    assert story.chat == [CLOSED]
    assert story.names == ["e3.2.partial", "results.partial", "note"]
    assert story.effect("results.partial", RecordDeal).results == {
        "average": 9.5,
        "answers": "Как вам работа мастера? — 10\nКак быстро мы справились? — 9",
        "score_work": 10,
        "score_speed": 9,
    }
    assert story.effect("note", AddNote).text.startswith(
        "Опрос клиента. Средняя оценка: 9,5, вариант —."
    )


def test_half_an_answer_that_is_bad_opens_a_task_but_nobody_is_written_to_days_later() -> None:
    story = asked()
    story.press("2")
    assert story.time_for("close") == "partial"
    assert story.names == ["e2.1.partial", "results.partial", "note", "task.low"]
    assert story.chat == [CLOSED]


def test_of_a_silent_survey_the_variant_is_recorded() -> None:
    story = asked(playbook({"variants": [{"name": "A", "weight": 100}]}))
    assert story.time_for("close") == "silent"
    assert story.effect("results.silent", RecordDeal).results == {"variant": "A"}


# Buttons.


def test_he_goes_back_and_changes_his_answer() -> None:
    story = asked()
    story.press("2")
    assert story.press("← Назад") == "went_back"
    assert story.chat == [FIRST]
    assert story.question.labels == TENS
    story.press("9")
    story.press("9")
    assert story.press("9") == "completed"
    assert [one.value for one in story.it.answers] == [9, 9, 9]


def test_gone_back_and_silent_his_answers_still_count() -> None:
    story = asked()
    story.press("7")
    story.press("9")
    story.press("← Назад")
    story.press("← Назад")
    assert story.time_for("close") == "partial"
    assert story.it.average == 8.0


def test_a_double_tap_answers_one_question() -> None:
    story = asked()
    button = story.question.buttons[0][4]
    assert story.press_button(button) == "answered"
    assert story.press_button(button) == "stale"
    assert story.effects == ()
    assert story.it.at == 1


def test_the_same_press_told_twice_is_one() -> None:
    story = asked()
    press = story.pressed(story.question.buttons[1][4])
    assert story.tell(press) == "answered"
    story.press("← Назад")
    # Not even now, where its question waits again.
    assert story.tell(press) == "stale"


def test_a_button_of_a_question_that_is_over_is_stale() -> None:
    story = asked()
    first = story.question.buttons[0][0]
    story.press("9")
    story.press("9")
    assert story.press_button(first) == "stale"
    assert [one.value for one in story.it.answers] == [9, 9]


def test_a_press_from_another_chat_or_run_is_none() -> None:
    story = asked()
    button = story.question.buttons[0][0]
    assert story.press_button(button, chat=OTHER_CHAT) == "unchanged"
    assert story.press_button(button, run=7) == "stale"
    assert (story.it.answers, story.effects) == ((), ())


@pytest.mark.parametrize("value", [0, 11, 97, 99])
def test_a_value_that_no_button_has_is_nothing(value: int) -> None:
    story = asked()
    assert story.press_button(story.question.buttons[0][0], value=value) == "unchanged"
    assert story.it.answers == ()


def test_back_from_the_first_question_leads_nowhere() -> None:
    story = asked()
    assert story.press_button(story.question.buttons[0][0], value=98) == "unchanged"


def test_a_button_of_a_finished_survey_does_nothing() -> None:
    story = asked()
    button = story.question.buttons[0][0]
    story.time_for("close")
    assert story.press_button(button) == "unchanged"
    assert story.effects == ()


# Words.


def test_he_types_and_the_conversation_goes_on_below() -> None:
    story = asked()
    assert story.say("восемь") == "answered"
    assert story.chat == ["Как вам работа мастера?\n8", SECOND]
    assert story.say("8-9") == "answered"
    assert story.say("10!") == "completed"
    assert story.chat[:4] == [
        "Как вам работа мастера?\n8",
        "Как быстро мы справились?\n8",
        "Как вам цена?\n10",
        THANKS,
    ]
    assert "Яндекс" in story.chat[4]
    assert story.it.average == 8.67


@pytest.mark.parametrize("words", ["11", "нормально", "ждал 2 часа", "а можно завтра?", "👍"])
def test_what_is_no_answer_is_asked_again_kindly(words: str) -> None:
    story = asked()
    assert story.say(words) == "unclear"
    assert story.chat == ["Как вам работа мастера?", f"{UNCLEAR}\n\n{FIRST}"]
    assert story.press("9") == "answered"


def test_kindly_once_and_then_a_person_hears_of_it() -> None:
    story = asked()
    story.say("нормально")
    assert story.say("мастер не вышел на работу, позвоните мне") == "passed_on"
    assert story.chat[-1] == HANDED
    note, task, _ = story.effects
    assert isinstance(note, AddNote)
    assert isinstance(task, AddTask)
    assert note.text == "Клиент пишет: мастер не вышел на работу, позвоните мне"
    assert (task.text, task.responsible, task.due) == (
        "Клиент ждёт ответа человека: мастер не вышел на работу, позвоните мне",
        MANAGER,
        story.now + timedelta(hours=24),
    )
    # The next words are a note, and no second task: a person is at it.
    assert story.say("и ещё") == "passed_on"
    assert [type(one).__name__ for one in story.effects] == ["AddNote"]
    # And the question still waits.
    assert story.press("9") == "answered"


def test_words_after_the_survey_go_to_a_person() -> None:
    story = completed()
    assert story.say("А до скольки вы завтра?") == "passed_on"
    assert story.chat[-1] == HANDED
    assert [name.partition(".")[0] for name in story.names] == ["said", "task", "handed"]


@pytest.mark.parametrize("words", ["Спасибо!", "спасибо большое", "👍", "Ок", "Хорошо, спасибо"])
def test_thanks_after_the_survey_are_noted_and_trouble_nobody(words: str) -> None:
    story = completed()
    assert story.say(words) == "passed_on"
    assert [type(one).__name__ for one in story.effects] == ["AddNote"]
    # A question afterwards does.
    assert story.say("А где моя скидка?") == "passed_on"
    assert len(story.effects) == 3


def test_the_answer_that_comes_too_late_is_heard_by_a_person() -> None:
    story = asked()
    story.time_for("close")
    assert story.say("10") == "passed_on"
    assert story.it.state == "silent"
    assert story.it.answers == ()


def test_the_same_words_told_twice_answer_one_question() -> None:
    story = asked()
    words = story.said("8")
    assert story.tell(words) == "answered"
    assert story.tell(words) == "unchanged"
    story.press("9")
    assert story.tell(words) == "unchanged"
    story.press("9")
    # Nor are they news for a person.
    assert story.tell(words) == "unchanged"
    assert [one.value for one in story.it.answers] == [8, 9, 9]


def test_words_in_a_chat_that_was_not_asked_are_not_taken_for_an_answer() -> None:
    """He was asked by SMS, and wrote to the bot all the same."""
    story = asked(chat=None)
    assert story.say("9") == "passed_on"
    assert story.it.answers == ()
    answer = story.effects[-1]
    assert isinstance(answer, SendMessage)
    assert answer.chat == story.said("").chat


def test_a_long_complaint_fits_everywhere() -> None:
    story = asked()
    story.say("нет")
    story.say("<b>ужас</b> & " * 300)
    note, task, _ = story.effects
    assert isinstance(note, AddNote)
    assert isinstance(task, AddTask)
    assert note.text.count("ужас") == 300
    assert len(task.text) < 400
    assert "&amp;" not in task.text


# Other kinds of question.

KINDS = [
    {"id": "nps", "kind": "nps", "text": "Порекомендуете ли нас?"},
    {"id": "again", "kind": "choice", "text": "Приедете ещё?", "choices": ["Да", "Нет & нет"]},
    {"id": "words", "kind": "text", "text": "Что улучшить?"},
]


def test_every_kind_of_question_by_buttons() -> None:
    story = asked(playbook({"questions": KINDS}))
    assert story.chat[0].endswith(
        "<b>Вопрос 1 из 3.</b> Порекомендуете ли нас?\n0 — ни за что, 10 — обязательно"
    )
    assert story.question.labels == [["0", "1", "2", "3", "4", "5"], ["6", "7", "8", "9", "10"]]
    story.press("0")
    assert story.question.labels == [["Да"], ["Нет & нет"], ["← Назад"]]
    story.press("Нет & нет")
    assert story.question.labels == [["Пропустить"], ["← Назад"]]
    assert story.press("Пропустить") == "completed"
    assert story.effect("results.completed", RecordDeal).results == {
        "average": 0.0,
        "answers": "Порекомендуете ли нас? — 0\nПриедете ещё? — Нет & нет\nЧто улучшить? — —",
        "score_nps": 0,
    }


def test_every_kind_of_question_in_words() -> None:
    story = asked(playbook({"questions": KINDS}))
    assert story.say("ноль") == "answered"
    assert story.say("нет & нет.") == "answered"
    assert story.chat[1] == "Приедете ещё?\nНет &amp; нет"
    assert story.say("  Кофе <b>по утрам</b>  ") == "completed"
    assert story.chat[2] == "Что улучшить?\nКофе &lt;b&gt;по утрам&lt;/b&gt;"
    assert story.it.answers[2].text == "Кофе <b>по утрам</b>"


def test_an_answer_in_words_is_kept_to_its_limit() -> None:
    story = asked(playbook({"questions": KINDS[2:]}))
    story.say("я" * 4096)
    assert len(story.it.answers[0].text) == 1000


def test_a_nps_has_no_part_in_the_average_of_scores() -> None:
    questions = [{"id": "work", "text": "Как вам работа?"}, KINDS[0]]
    story = completed(playbook({"questions": questions}), scores="10 0")
    assert story.it.average == 10.0
    assert "invite" in story.names


def test_where_only_a_nps_is_asked_it_is_the_average() -> None:
    unhappy = completed(playbook({"questions": KINDS[:1]}), scores="2")
    assert (unhappy.it.average, "task.low" in unhappy.names) == (2.0, True)
    assert "invite" in completed(playbook({"questions": KINDS[:1]}), scores="9").names


def test_without_any_score_nobody_is_unhappy_and_only_neutral_sites_are_named() -> None:
    by = playbook({"questions": KINDS[2:]}, sites=[*ASKED_OF_THE_HAPPY, *NEUTRAL])
    story = asked(by)
    story.say("Всё плохо")
    assert story.it.average is None
    assert story.it.site == GOOGLE["name"]
    assert "task.low" not in story.names
    assert "average" not in story.effect("results.completed", RecordDeal).results


def test_the_only_question_has_no_number() -> None:
    story = asked(playbook({"questions": [{"id": "work", "text": "Как <всё> прошло?"}]}))
    assert story.chat[0].endswith(f"\n\n<b>Как &lt;всё&gt; прошло?</b>{SCALE}")


# The page.


def test_by_sms_he_gets_a_link_to_all_questions() -> None:
    story = asked(playbook(channels={"sms": _SMS}), chat=None)
    told = story.effect("q1", TellClient)
    assert (told.channel, told.chat, told.about) == ("sms", None, "survey")
    assert told.sms == (
        "Здравствуйте, Анна! Это Шины & Диски. Как прошёл визит? Ответьте за минуту: {url}"
    )
    link = _link_in(told)
    assert (link.purpose, link.run) == ("survey", 1)
    assert link.expires_at == story.now + timedelta(hours=72)
    assert told.group == f"client.{CLIENT}"


def test_by_whatsapp_he_gets_the_template() -> None:
    story = asked(chat=None)
    told = story.effect("q1", TellClient)
    assert told.channel == "whatsapp"
    assert told.values == {"first_name": "Анна", "company": "Шины & Диски"}


def test_the_page_sends_all_at_once() -> None:
    story = asked(chat=None)
    assert story.fill(work="9", speed="10", price="8") == "completed"
    # The page has thanked him; the invitation comes where the question came.
    assert story.names == ["results.completed", "note", "invite"]
    invited = story.effect("invite", TellClient)
    assert (invited.channel, invited.sms) == (
        "whatsapp",
        "Расскажите о нас на «Яндекс Картах» и получите 300 бонусов: {url}",
    )
    assert story.fill(work="1", speed="1", price="1") == "unchanged"
    assert story.it.average == 9.0


def test_the_unhappy_one_of_the_page_is_told_by_sms() -> None:
    story = asked(playbook(channels={"sms": _SMS}), chat=None)
    story.fill(work="1", speed="2", price="3")
    assert story.effect("apology", TellClient).sms == (
        "Нам жаль, что визит вас огорчил. Руководитель «Шины & Диски» позвонит вам до "
        "22 ноября, 14:00."
    )


def test_a_page_with_some_answers_waits_for_the_others() -> None:
    story = asked(chat=None)
    assert story.fill(work="9") == "answered"
    assert story.effects == ()
    assert story.fill(work="9") == "unchanged"
    assert story.fill(speed="7", price="8") == "completed"
    assert story.it.average == 8.0


def test_half_a_page_is_kept_as_partial() -> None:
    story = asked(chat=None)
    story.fill(work="9", unknown="5")
    assert story.time_for("close") == "partial"
    assert story.names == ["results.partial", "note"]


def test_a_page_may_leave_a_text_out_but_no_score() -> None:
    by = playbook({"questions": [*KINDS]})
    story = asked(by, chat=None)
    assert story.fill(words="кофе") == "answered"
    assert story.fill(nps="11", again="может быть") == "unchanged"
    assert story.fill(nps="10", again="Да") == "completed"
    assert story.it.answers[0].text == "кофе"


def test_an_empty_page_is_silence() -> None:
    story = asked(playbook({"questions": KINDS}), chat=None)
    assert story.fill() == "unchanged"
    assert story.fill(words="   ") == "unchanged"
    assert story.time_for("close") == "silent"


def test_a_page_that_comes_after_the_time_is_over_goes_to_a_person_once() -> None:
    story = asked(chat=None)
    late = story.filled(work="9", speed="9", price="9")
    story.time_for("close")
    assert story.tell(late) == "passed_on"
    assert story.names == ["late"]
    assert "Как вам цена? — 9" in story.effect("late", AddNote).text
    assert (story.it.state, story.it.answers, story.it.average) == ("silent", (), None)
    for again in (late, story.filled(work="1", speed="1", price="1")):
        assert story.tell(again) == "unchanged"
        assert story.effects == ()


def test_a_bad_page_that_comes_after_the_deal_was_lost_opens_a_task_and_writes_to_nobody() -> None:
    story = asked(chat=None)
    assert story.closed(stage_id="LOSE") == "abandoned"
    assert story.fill(work="2", speed="3", price="4") == "passed_on"
    assert story.names == ["late", "task.late"]
    assert story.effect("task.late", AddTask).responsible == MANAGER
    assert "3" in story.effect("task.late", AddTask).text


def test_a_page_that_comes_after_the_deal_was_deleted_has_nowhere_to_go() -> None:
    story = asked(chat=None)
    assert story.seen(None) == "abandoned"
    assert story.fill(work="2", speed="3", price="4") == "unchanged"
    assert story.effects == ()


def test_a_page_after_half_a_survey_tells_the_rest_and_opens_no_second_task() -> None:
    story = asked()
    story.press("2")
    assert story.time_for("close") == "partial"
    assert "task.low" in story.names
    assert story.fill(work="2", speed="3", price="4") == "passed_on"
    assert story.names == ["late"]


def test_an_empty_page_after_the_end_is_nothing() -> None:
    story = asked(chat=None)
    story.time_for("close")
    assert story.fill() == "unchanged"
    assert story.it.late is False


def test_a_page_of_an_earlier_run_is_nothing() -> None:
    story = asked(chat=None)
    assert story.tell(story.filled(work="9").model_copy(update={"run": 9})) == "unchanged"


def test_the_reminder_by_phone_leads_to_the_same_page() -> None:
    story = asked(playbook(channels={"sms": _SMS}), chat=None)
    page = story.effect("q1", TellClient).link
    assert story.time_for("remind") == "reminded"
    assert story.names == ["q2"]
    told = story.effect("q2", TellClient)
    assert (told.link, told.about) == (page, "reminder")
    assert told.sms == "Шины & Диски ещё ждёт ваш ответ о визите: {url}"


_SMS = {"kind": "smsc", "login": "env:TEST_SMS", "password": "env:TEST_SMS_PASSWORD"}


# A playbook that has changed meanwhile.


def test_a_question_that_is_no_more_does_not_stop_the_survey() -> None:
    story = asked()
    story.press("9")
    button = story.question.buttons[0][0]
    story.playbook = playbook({"questions": [{"id": "work", "text": "Как вам?"}]})
    assert story.press_button(button) == "unchanged"
    assert story.time_for("remind") == "unchanged"
    assert story.say("9") == "passed_on"
    assert story.time_for("close") == "partial"
    assert story.effect("results.partial", RecordDeal).results["answers"] == "Как вам? — 9"


def test_answers_to_questions_that_are_no_more_are_left_out() -> None:
    story = asked()
    story.press("9")
    story.playbook = playbook({"questions": [{"id": "new", "text": "Как вам?"}]})
    assert story.tell(SurveyWait(survey=SURVEY, run=1, what="close")) == "partial"
    recorded = story.effect("results.partial", RecordDeal)
    assert recorded.results == {"answers": ""}
