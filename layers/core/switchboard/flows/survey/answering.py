"""What an answer is: of a button, of words, of the survey page."""

from collections.abc import Iterable, Mapping

from switchboard.flows.survey.survey import SKIP, Answer, Survey
from switchboard.flows.survey.understanding import is_beginning, read_choice, read_score
from switchboard.playbook.model import Question

TEXT_LIMIT = 1000
"""Characters of an answer in the client's own words that are kept."""
_HIGHEST = 10


def of_button(question: Question, value: int) -> Answer | None:
    """The answer that a button stands for; None for a value that no button of ours has."""
    match question.kind:
        case "text":
            return Answer(question=question.id) if value == SKIP else None
        case "choice":
            if not 0 <= value < len(question.choices):
                return None
            return Answer(question=question.id, value=value, text=question.choices[value])
        case "score" | "nps":
            good = _lowest(question) <= value <= _HIGHEST
            return Answer(question=question.id, value=value) if good else None


def of_words(question: Question, text: str) -> Answer | None:
    """The answer in a client's own words; None where they are none."""
    match question.kind:
        case "text":
            return Answer(question=question.id, text=text.strip()[:TEXT_LIMIT])
        case "choice":
            position = read_choice(text, question.choices)
            return None if position is None else of_button(question, position)
        case "score" | "nps":
            score = read_score(text, _lowest(question), _HIGHEST)
            return None if score is None else Answer(question=question.id, value=score)


def says_nothing_more(text: str, question: Question) -> bool:
    """Whether words hold no more than that he is there, or what a button would say."""
    if question.kind == "text":
        return is_beginning(text)
    return is_beginning(text) or of_words(question, text) is not None


def of_page(
    survey: Survey, said: Mapping[str, str], questions: Iterable[Question]
) -> tuple[Answer, ...]:
    """All answers with those of the page, which lets a text be left out and nothing else.

    What it should not have let through is no answer.
    """
    filled = survey
    skipped = []
    for question in questions:
        text = said.get(question.id, "").strip()
        answer = of_words(question, text) if text else None
        if answer is not None:
            filled = filled.model_copy(update={"answers": filled.with_answer(answer)})
        elif question.kind == "text":
            skipped.append(Answer(question=question.id))
    known = {one.question for one in filled.answers}
    left = [one for one in skipped if one.question not in known]
    missing = [one for one in questions if one.id not in known]
    return (*filled.answers, *left) if len(left) == len(missing) else filled.answers


def _lowest(question: Question) -> int:
    return 0 if question.kind == "nps" else 1
