"""What a client means by his words: «восемь», «8-9», «10!», «8 из 10».

Strict on purpose: «ждал 2 часа» is no score of two. What is not certain is asked again.
"""

import re
import unicodedata

_WORDS = {
    **dict.fromkeys(("ноль", "нуль", "zero"), 0),
    **dict.fromkeys(("один", "единица", "единичка", "кол", "one"), 1),
    **dict.fromkeys(("два", "двойка", "двоечка", "two"), 2),
    **dict.fromkeys(("три", "тройка", "троечка", "three"), 3),
    **dict.fromkeys(("четыре", "четверка", "четверочка", "four"), 4),
    **dict.fromkeys(("пять", "пятерка", "пятерочка", "five"), 5),
    **dict.fromkeys(("шесть", "шестерка", "six"), 6),
    **dict.fromkeys(("семь", "семерка", "seven"), 7),
    **dict.fromkeys(("восемь", "восьмерка", "eight"), 8),
    **dict.fromkeys(("девять", "девятка", "nine"), 9),
    **dict.fromkeys(("десять", "десятка", "десяточка", "ten"), 10),
}
# fmt: off
_BESIDE = frozenset((
    "балл", "балла", "баллов", "очка", "очков", "оценка", "оценку", "ставлю", "поставлю",
    "дам", "моя", "мой", "твердая", "твердый", "твердо", "твердую", "конечно", "однозначно",
    "думаю", "наверное", "пожалуй", "ну", "на", "с", "со", "плюсом", "плюс", "минусом",
    "минус", "спасибо", "это", "будет", "пусть", "вам", "все", "за", "и", "ровно",
    "примерно", "где", "то", "около", "точно", "points", "point", "score", "i", "give",
    "say", "about", "maybe", "definitely", "it", "is", "a", "an", "thanks", "thank", "you",
    "solid", "звезда", "звезды", "звезд", "stars", "отлично", "супер", "здорово", "класс",
    "хорошо", "молодцы", "great", "excellent", "good",
))
# fmt: on
"""Words that may stand beside a score without changing it."""

# fmt: off
_OF_SCHOOL = frozenset((
    "четверка", "четверочка", "пятерка", "пятерочка", "балл", "балла", "баллов", "звезда",
    "звезды", "звезд", "stars", "плюс", "плюсом", "минус", "минусом", "твердая", "твердый",
    "твердо", "твердую", "solid", "однозначно", "конечно", "definitely", "на", "все", "отлично",
    "супер", "здорово", "класс", "хорошо", "молодцы", "great", "excellent", "good", "спасибо",
    "thanks", "thank",
))
# fmt: on
"""Beside a four or a five they may speak of the marks at school, or of stars, where five is best:
«пять с плюсом», «отлично, 5». Who is happy must not be told that we are sorry."""
_SCHOOL_MARKS = (4, 5)
_OF_SCHOOL_SIGNS = re.compile("[+👍👏🙏🔥💯⭐🌟❤😊😍🥰]|[45]\\s*-(?!\\s*\\d)")

# fmt: off
_COURTESY = frozenset((
    "спасибо", "спс", "благодарю", "большое", "огромное", "вам", "и", "пожалуйста", "ок", "окей",
    "хорошо", "понятно", "ясно", "ok", "okay", "thanks", "thank", "you", "very", "much",
))
# fmt: on
"""Words to which nobody expects an answer."""

# fmt: off
_BEGINNING = _COURTESY | {
    "да", "ага", "угу", "давайте", "давай", "готов", "готова", "конечно", "можно", "здравствуйте",
    "здравствуй", "привет", "добрый", "доброе", "день", "вечер", "утро", "yes", "yeah", "sure",
    "hi", "hello", "good", "morning", "afternoon", "evening",
}
# fmt: on
"""Words that say no more than that he is there."""

# fmt: off
_STOP = frozenset((
    "стоп", "отпишите", "отписаться", "отпишитесь", "отписка", "отстаньте", "остановить", "хватит",
    "stop", "unsubscribe",
))
_BESIDE_STOP = _COURTESY | _STOP | {
    "меня", "мне", "нас", "больше", "прошу", "от", "рассылки", "рассылку", "опроса", "опрос",
    "сообщения", "сообщений", "рекламные", "писать", "please", "me", "messages", "promotions",
    "promotional",
}
# fmt: on
_LEAVE_ALONE = re.compile(r"\bне (?:пишите|присылайте|беспокойте|надо писать)\b|\bdo not write\b")

_LETTERS = re.compile(r"[^\W\d_]+")
_OUT_OF_TEN = re.compile(r"\s*(?:/|из|out of|of)\s*(?:10|десяти)\b")
_RANGE = re.compile(r"(?<!\d)(\d{1,3})\s*(?:-|или|or)\s*(\d{1,3})(?!\d)")
_NUMBER = re.compile(r"\d+(?:[.,]\d(?!\d))?")
_BELOW_ZERO = re.compile(r"^\s*-\s*\d|\bминус\W*\d")
_ONE_NUMBER = re.compile(r"\s*(\d{1,3})[\s.)!]*")
_DIGITS = 3
"""A longer number is no score; and Python refuses to read one of thousands of digits."""
_NO_SCORE = -1
_DASHES = str.maketrans({"–": "-", "—": "-", "‑": "-", "−": "-", "ё": "е"})


def read_score(text: str, low: int, high: int) -> int | None:
    """The score in a text, or None where it is none, several, or out of range.

    Of two neighbours («8-9») and of a fraction («8,5») the lower counts: a client who wavers has
    not given the higher one. «5/5» is no five: to him it is the best there is. So may be «5+».
    """
    said, of_ten = _OUT_OF_TEN.subn(" ", _in_digits(text))
    if _BELOW_ZERO.search(said) or "/" in said:
        return None
    scores = {_lower(int(one), int(other)) for one, other in _RANGE.findall(said)}
    said = _RANGE.sub(" ", said)
    scores |= {_whole(number) for number in _NUMBER.findall(said)}
    if not _BESIDE.issuperset(_LETTERS.findall(_NUMBER.sub(" ", said))):
        return None
    score = scores.pop() if len(scores) == 1 else _NO_SCORE
    if score in _SCHOOL_MARKS and not of_ten and _is_of_school(text):
        return None
    return score if low <= score <= high else None


def read_choice(text: str, choices: tuple[str, ...]) -> int | None:
    """The position, from 0, of the choice that is named by its words or by its number, from 1."""
    said = _words(text)
    for position, choice in enumerate(choices):
        if said == _words(choice):
            return position
    number = _ONE_NUMBER.fullmatch(_in_digits(text))
    if number is None or not 1 <= int(number[1]) <= len(choices):
        return None
    return int(number[1]) - 1


def is_courtesy(text: str) -> bool:
    """«Спасибо!», «👍»: nobody waits for an answer to that."""
    said = _plain(text)
    if "?" in said or _NUMBER.search(said):
        return False
    return _COURTESY.issuperset(_LETTERS.findall(said))


def is_beginning(text: str) -> bool:
    """«Да, давайте», «Здравствуйте!», and any courtesy: he is there, and has said nothing yet."""
    said = _plain(text)
    if "?" in said or _NUMBER.search(said):
        return False
    return _BEGINNING.issuperset(_LETTERS.findall(said))


def is_refusal(text: str) -> bool:
    """«Стоп», «Отпишите меня», «не пишите мне больше»: he wants no more questions."""
    said = _LEAVE_ALONE.sub(" стоп ", " ".join(_plain(text).split()))
    words = _LETTERS.findall(said)
    if "?" in said or _STOP.isdisjoint(words):
        return False
    return _BESIDE_STOP.issuperset(words)


def _is_of_school(text: str) -> bool:
    said = _plain(text)
    if _OF_SCHOOL_SIGNS.search(said):
        return True
    return not _OF_SCHOOL.isdisjoint(_LETTERS.findall(said))


def _lower(one: int, other: int) -> int:
    return min(one, other) if abs(one - other) == 1 else _NO_SCORE


def _whole(number: str) -> int:
    digits = re.split("[.,]", number)[0]
    return int(digits) if len(digits) <= _DIGITS else _NO_SCORE


def _words(text: str) -> str:
    return " ".join(_plain(text).split()).strip(" .!")


def _in_digits(text: str) -> str:
    return _LETTERS.sub(lambda word: str(_WORDS.get(word[0], word[0])), _plain(text))


def _plain(text: str) -> str:
    """In lower case, with plain dashes and digits: «８», «8️⃣» and «🔟» are numbers too."""
    text = unicodedata.normalize("NFKC", text.replace("🔟", " 10 ").replace("\ufe0f", ""))
    return text.replace("\u20e3", " ").casefold().translate(_DASHES)
