"""The survey page: all questions of a playbook's version as one form, which needs no script."""

from collections.abc import Mapping, Sequence
from html import escape

from switchboard.pages.frame import Words, page
from switchboard.playbook.view import Question

LONGEST_TEXT = 1000
"""Characters of an answer in words."""

_BODY = """<header class="card">
<p class="from">{company}</p>
<h1>{title}</h1>
<p>{intro}</p>
</header>
{problem}<form method="post">
{questions}
<button>{send}</button>
</form>"""
_FIELDSET = """<div class="card">
<fieldset{described}>
<legend>{text}</legend>
{problem}{options}
</fieldset>
</div>"""
_TEXT = """<div class="card">
<label class="question" for="{id}">{text} <span class="optional">{optional}</span></label>
{problem}<textarea id="{id}" name="{id}" maxlength="{limit}" rows="3"{described}>{said}</textarea>
</div>"""
_OPTION = (
    '<label class="option"><input type="radio" name="{id}" value="{value}" required{checked}>'
    "<span>{text}</span></label>"
)
_PROBLEM = '<p class="problem" {as_}>{text}</p>\n'


def survey_page(
    words: Words,
    company: str,
    questions: Sequence[Question],
    said: Mapping[str, str] | None = None,
    problems: Mapping[str, str] | None = None,
    problem: str = "",
) -> str:
    """The form. `said` are the fields as they were sent, `problems` a text's key for each that was
    not right; `problem` is the key of what is wrong with the whole.
    """
    said, problems = said or {}, problems or {}
    title = words("page.survey.title")
    body = _BODY.format(
        company=escape(company),
        title=title,
        intro=words("page.survey.intro"),
        problem=_problem(words, problem, 'role="alert"'),
        questions="\n".join(
            _question(words, one, said.get(one.id, ""), problems.get(one.id, ""))
            for one in questions
        ),
        send=words("page.survey.send"),
    )
    return page(words, title, body)


def options_of(question: Question) -> tuple[tuple[str, str], ...]:
    """The values that a question's field may have, each with what it is called; a text has none."""
    match question.kind:
        case "score":
            return tuple((str(n), str(n)) for n in range(1, 11))
        case "nps":
            return tuple((str(n), str(n)) for n in range(11))
        case "choice":
            return tuple((str(n), text) for n, text in enumerate(question.choices, 1))
        case "text":
            return ()


def _question(words: Words, question: Question, said: str, problem: str) -> str:
    text, shown = escape(question.text), _problem(words, problem, f'id="{question.id}-problem"')
    described = f' aria-describedby="{question.id}-problem"' if problem else ""
    if question.kind == "text":
        return _TEXT.format(
            id=question.id,
            text=text,
            optional=words("page.survey.optional"),
            problem=shown,
            described=described,
            limit=LONGEST_TEXT,
            # A parser drops the line break after the tag, and a text may begin with one.
            said=f"\n{escape(said)}",
        )
    options = "\n".join(
        _OPTION.format(
            id=question.id,
            value=value,
            text=escape(name),
            checked=" checked" if value == said else "",
        )
        for value, name in options_of(question)
    )
    return _FIELDSET.format(
        text=text, described=described, problem=shown, options=_laid_out(words, question, options)
    )


def _laid_out(words: Words, question: Question, options: str) -> str:
    if question.kind == "choice":
        return f'<div class="choices">\n{options}\n</div>'
    ends = f"page.survey.{question.kind}"
    low, high = words(f"{ends}.low"), words(f"{ends}.high")
    count = "of10" if question.kind == "score" else "of11"
    return (
        f'<div class="scale {count}">\n{options}\n</div>\n'
        f'<div class="ends"><span>{low}</span><span>{high}</span></div>'
    )


def _problem(words: Words, key: str, attribute: str) -> str:
    return _PROBLEM.format(text=words(key), as_=attribute) if key else ""
