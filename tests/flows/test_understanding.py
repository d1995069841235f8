"""What counts as an answer in a client's own words, and what is asked again."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from switchboard.flows.survey.understanding import (
    is_beginning,
    is_courtesy,
    is_refusal,
    read_choice,
    read_score,
)

SCORES: dict[str, int] = {
    "8": 8, " 8 ": 8, "8.": 8, "10!": 10, "10!!!": 10, "«9»": 9, "(7)": 7, "8)": 8,
    "5": 5, "4": 4, "5!": 5,
    "восемь": 8, "Восемь!": 8, "ВОСЕМЬ": 8, "пять": 5, "четыре": 4, "десяточка": 10,
    "единица": 1, "nine": 9, "Ten": 10, "семь с минусом": 7,
    "8-9": 8, "9-8": 8, "8 - 9": 8, "8—9": 8, "8–9": 8, "4-5": 4, "8 или 9": 8,
    "восемь-девять": 8, "восемь или девять": 8, "9 or 10": 9,
    "8 из 10": 8, "10/10": 10, "9 / 10": 9, "восемь из десяти": 8, "8 out of 10": 8,
    "8-9 из 10": 8, "8-9/10": 8, "ten out of ten": 10,
    "5 из 10": 5, "5/10": 5, "твёрдая пятёрка из 10": 5, "пять из десяти, спасибо": 5,
    "ставлю 5": 5, "Моя оценка: 4": 4, "8+": 8, "тройка": 3, "три с минусом": 3, "все на 10": 10,
    "8,5": 8, "8.5": 8, "9,5 баллов": 9,
    "ставлю 9": 9, "Моя оценка: 10": 10, "ну где-то 7": 7, "твёрдая восьмёрка": 8,
    "10 (десять)": 10, "10, 10, 10": 10, "10,10,10": 10, "10, спасибо!": 10, "10 звёзд": 10,
    "отлично, 10": 10, "I give it a solid 9": 9,
    "8️⃣": 8, "🔟": 10, "８": 8, "①": 1, "٨": 8, "10 👍": 10, "9\n": 9,
}  # fmt: skip

NO_SCORES = (
    "", "   ", "!", "👍", "нормально", "отлично", "не очень", "спасибо", "да",
    "11", "0", "100", "-5", "−3", "1000000", "88888888888888888888",
    "ждал 2 часа", "2 мастера работали", "приеду в 10 часов", "R17", "9 1 5", "9, 10, 8",
    "1-10", "7-9", "9,10", "5/5", "5 из 5", "3/4/5", "8 или 10", "1 или 2 или 3",
    "не 10", "точно не 10", "плохо, 10 минут стоял", "двадцать", "ни один", "½", "8²",
    "18:30", "22.11", "+7 900 000-00-11", "восемь девять",
    "10000000000000000000000000000", "один из лучших",
)  # fmt: skip

OF_SCHOOL = (
    "5 звёзд", "отлично, 5", "пять с плюсом", "твёрдая пятерка", "5+", "5 +", "5++", "все на 5",
    "всё на пять", "пятёрка", "пятёрочка!", "пятёрка с плюсом", "4+", "4-", "5 -", "4 с минусом",
    "четвёрка", "твёрдая четверка", "5 баллов", "на пять баллов", "4 звезды", "5 stars",
    "5, спасибо!", "супер! 5", "однозначно 5", "5 👍", "5⭐", "5 ❤️", "4-5 звёзд", "5,5 звезды",
    "excellent, 5", "хорошо, 4", "минус 2", "минус два", "Минус 10", "ставлю минус 5",
    "1/2", "8/9", "8 / 9", "4/5", "9/5", "5/5",
)  # fmt: skip
"""Words of another scale, where five is the best, and numbers that are none."""


@pytest.mark.parametrize("text", OF_SCHOOL)
@pytest.mark.parametrize("low", [0, 1])
def test_marks_of_another_scale_are_asked_again(text: str, low: int) -> None:
    assert read_score(text, low, 10) is None


@pytest.mark.parametrize("text", SCORES)
def test_a_score(text: str) -> None:
    assert read_score(text, 1, 10) == SCORES[text]


@pytest.mark.parametrize("text", NO_SCORES)
def test_no_score(text: str) -> None:
    assert read_score(text, 1, 10) is None


def test_only_a_nps_knows_a_zero() -> None:
    assert (read_score("0", 0, 10), read_score("ноль", 0, 10)) == (0, 0)
    assert read_score("0-1", 0, 10) == 0
    assert read_score("-1", 0, 10) is None
    assert read_score("4-9", 0, 10) is None


@pytest.mark.parametrize("text", ["⑳" * 4096, "9" * 4096, "8-" * 2048, "один " * 800, "8/" * 2000])
def test_a_message_as_long_as_telegram_allows_is_read_all_the_same(text: str) -> None:
    assert read_score(text, 1, 10) in (None, 1)
    assert read_choice(text, ("Да", "Нет")) is None


@given(st.text(max_size=200))
def test_whatever_is_said_is_a_score_or_none(text: str) -> None:
    score = read_score(text, 1, 10)
    assert score is None or 1 <= score <= 10
    assert read_choice(text, ("Да", "Нет")) in (None, 0, 1)
    assert is_courtesy(text) in (True, False)


@given(st.integers(1, 10), st.sampled_from(["{}", " {}!", "{} из 10", "ставлю {}", "{}/10"]))
def test_every_score_is_read(score: int, said: str) -> None:
    assert read_score(said.format(score), 1, 10) == score


CHOICES = ("Литьё", "Ковка", "2 раза в год", "Не знаю.")


@pytest.mark.parametrize(
    ("text", "position"),
    [
        ("литьё", 0), ("ЛИТЬЕ", 0), (" Ковка! ", 1), ("2", 1), ("два", 1), ("1.", 0), ("4)", 3),
        ("2  раза в год", 2), ("не знаю", 3),
        ("0", None), ("5", None), ("-1", None), ("1-2", None), ("1 или 2", None), ("лить", None),
        ("литьё или ковка", None), ("", None), ("1,5", None),
    ],
)  # fmt: skip
def test_a_choice_by_its_words_or_its_number(text: str, position: int | None) -> None:
    assert read_choice(text, CHOICES) == position


@pytest.mark.parametrize("text", ["Спасибо!", "спасибо большое", "Ок", "👍", "🙏🙏", "Thank you!"])
def test_courtesy(text: str) -> None:
    assert is_courtesy(text)


@pytest.mark.parametrize(
    "text",
    ["спасибо, а скидка?", "?", "хорошо?", "10", "спасибо, 10", "не спасибо", "Позвоните", "R17"],
)
def test_what_somebody_should_read(text: str) -> None:
    assert not is_courtesy(text)


@pytest.mark.parametrize(
    "text", ["Да", "да, давайте", "Здравствуйте!", "Добрый день", "ок", "👍", "Hello", "спасибо"]
)
def test_a_beginning(text: str) -> None:
    assert is_beginning(text)


@pytest.mark.parametrize(
    "text", ["да, но поцарапали диск", "можно?", "здравствуйте, до скольки вы?", "9", "нет", "стоп"]
)
def test_what_says_more_than_that_he_is_there(text: str) -> None:
    assert not is_beginning(text)


@pytest.mark.parametrize(
    "text",
    [
        *("Стоп", "стоп!!!", "STOP", "Отпишите меня", "отписаться", "Отстаньте", "хватит писать"),
        *("Не пишите мне больше", "пожалуйста, не присылайте сообщения", "Stop promotions"),
        *("хватит, спасибо", "не\nбеспокойте меня", "Please stop", "do not write me please"),
    ],
)
def test_who_wants_no_more_questions(text: str) -> None:
    assert is_refusal(text)


@pytest.mark.parametrize(
    "text",
    [
        *(
            "нет",
            "не надо",
            "не хочу",
            "стоп?",
            "стопка",
            "стоп-сигнал не горит",
            "не пишите в чат",
        ),
        *("8", "", "👎", "хватит ждать запчасти", "мастер сказал стоп", "unstoppable"),
        *("не пишите, а звоните", "я и сам могу отписаться о ремонте"),
    ],
)
def test_who_only_seems_to(text: str) -> None:
    assert not is_refusal(text)


@given(st.text(max_size=200))
def test_whatever_is_said_is_judged(text: str) -> None:
    assert is_refusal(text) in (True, False)
    assert is_beginning(text) in (True, False)
