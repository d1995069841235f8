"""A question as the client sees it, his answers as the manager does, and the texts around them."""

from collections.abc import Mapping

from switchboard.domain.effects import Button, Rows
from switchboard.flows.survey.survey import BACK, SKIP, Answer, Survey
from switchboard.playbook.model import Playbook, Question
from switchboard.texts.render import Markup, html_escape, render, without_markup

Values = Mapping[str, str | int]

LINK = "{url}"
"""Stands in a text until the sender has made the link."""
_PER_ROW = 5


def markup(key: str, playbook: Playbook, values: Values | None = None) -> Markup:
    return render(key, playbook.language, values or {}, playbook.texts)


def plain(key: str, playbook: Playbook, values: Values | None = None) -> str:
    return str(markup(key, playbook, values))


def of_variant(key: str, own: str | None, playbook: Playbook, values: Values) -> Markup:
    """The variant's own wording of a text, where it has one."""
    texts = {**playbook.texts, key: own} if own else playbook.texts
    return render(key, playbook.language, values, texts)


def question_text(survey: Survey, playbook: Playbook) -> Markup:
    """The question that waits, with its number and its scale."""
    questions = playbook.reviewing.survey.questions
    question = questions[survey.at]
    values: Values = {"n": survey.at + 1, "total": len(questions), "question": question.text}
    key = "survey.question" if len(questions) > 1 else "survey.question_only"
    text = markup(key, playbook, values)
    if question.kind in ("score", "nps"):
        return Markup(f"{text}\n{markup(f'survey.scale.{question.kind}', playbook)}")
    return text


def question_written(survey: Survey, playbook: Playbook) -> str:
    """The question that waits, for a channel without buttons: answered by a number or by words."""
    questions = playbook.reviewing.survey.questions
    question = questions[survey.at]
    values: Values = {"n": survey.at + 1, "total": len(questions), "question": question.text}
    key = "survey.question" if len(questions) > 1 else "survey.question_only"
    lines = [without_markup(markup(key, playbook, values))]
    if question.kind != "text":
        lines.append(plain(f"survey.written.{question.kind}", playbook))
    lines += [f"{number}. {choice}" for number, choice in enumerate(question.choices, 1)]
    return "\n".join(lines)


def answered_text(survey: Survey, playbook: Playbook) -> Markup:
    """The question that was just answered, with what was said to it."""
    question = playbook.reviewing.survey.questions[survey.at - 1]
    answer = next(one for one in survey.answers if one.question == question.id)
    asked, told = html_escape(question.text), html_escape(said(answer))
    return Markup(f"{asked}\n{told}" if told else asked)


def moved_text(survey: Survey, playbook: Playbook) -> Markup:
    """The question that stands again below, where its buttons are now."""
    return Markup(html_escape(playbook.reviewing.survey.questions[survey.at].text))


def buttons(survey: Survey, playbook: Playbook) -> Rows:
    """The keyboard under the question that waits."""
    rows = _answers(survey, playbook.reviewing.survey.questions[survey.at], playbook)
    if survey.at > 0:
        rows.append([_button(survey, plain("survey.button.back", playbook), BACK)])
    return tuple(tuple(row) for row in rows)


def said(answer: Answer) -> str:
    return answer.text or ("" if answer.value is None else str(answer.value))


def all_answers(survey: Survey, playbook: Playbook) -> str:
    """A line for each question that was asked and answered or skipped."""
    told = {one.question: said(one) for one in survey.answers}
    questions = playbook.reviewing.survey.questions
    return "\n".join(f"{one.text} — {told[one.id] or '—'}" for one in questions if one.id in told)


def number(value: float, playbook: Playbook) -> str:
    """«9,33», “9.33”, and no decimals where there are none."""
    text = f"{value:.2f}".rstrip("0").rstrip(".")
    return text.replace(".", ",") if playbook.language == "ru" else text


def _answers(survey: Survey, question: Question, playbook: Playbook) -> list[list[Button]]:
    match question.kind:
        case "score":
            return _numbers(survey, range(1, 11))
        case "nps":
            return _numbers(survey, range(11))
        case "choice":
            return [[_button(survey, text, n)] for n, text in enumerate(question.choices)]
        case "text":
            return [[_button(survey, plain("survey.button.skip", playbook), SKIP)]]


def _numbers(survey: Survey, numbers: range) -> list[list[Button]]:
    """Two rows: of five, or, where 0 is among the numbers, of six and five."""
    row = [_button(survey, str(n), n) for n in numbers]
    first = len(row) - _PER_ROW
    return [row[:first], row[first:]]


def _button(survey: Survey, text: str, value: int) -> Button:
    return Button(text=text, data=f"s:{survey.id}:{survey.run}:{survey.at}:{value}")
