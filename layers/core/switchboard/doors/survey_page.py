"""The door behind survey links: all questions on one page, and the answers into the inbox at once.

To open the page changes nothing, so scanners may. Answers are durable before the client is thanked.
"""

import hashlib
import json
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from typing import Any, NamedTuple, Protocol
from urllib.parse import parse_qsl

from switchboard.domain.errors import Misconfigured
from switchboard.domain.events import Envelope, SurveyFilled
from switchboard.doors import notices
from switchboard.doors.click import CODE
from switchboard.doors.visits import foreign
from switchboard.pages import frame
from switchboard.pages.notice import notice
from switchboard.pages.survey import LONGEST_TEXT, options_of, survey_page
from switchboard.playbook.view import Playbook, Question
from switchboard.runtime.http import Request
from switchboard.store.links import Link

LARGEST = 100_000
"""Bytes of a form: ten answers of LONGEST_TEXT Cyrillic characters, each six bytes on its way."""
_MOST_FIELDS = 50


class Links(Protocol):
    def read(self, code: str) -> Link | None: ...
    def filled(self, code: str, at: datetime) -> None: ...


class Playbooks(Protocol):
    def at(self, branch: str, version: int) -> Playbook: ...


class Inbox(Protocol):
    def put(self, envelope: Envelope, once: str) -> None: ...


class Log(Protocol):
    def info(self, message: str, **keys: Any) -> None: ...
    def warning(self, message: str, **keys: Any) -> None: ...


class Form(NamedTuple):
    """A form as it was sent. `strange`: no form of ours, so nothing in it is looked at."""

    said: Mapping[str, str]
    strange: bool = False


class SurveyDoor:
    def __init__(
        self,
        links: Links,
        playbooks: Playbooks,
        inbox: Inbox,
        now: Callable[[], datetime],
        log: Log,
    ) -> None:
        self._links = links
        self._playbooks = playbooks
        self._inbox = inbox
        self._now = now
        self._log = log

    def __call__(self, request: Request) -> dict[str, Any]:
        code = request.path.get("code", "")
        if CODE.fullmatch(code) is None:
            return self._nothing(404, "unknown", "malformed code", request)
        if request.method not in ("GET", "HEAD", "POST"):
            return notices.wrong_method(self._log, request)
        if len(request.body) > LARGEST:
            return self._nothing(413, "refused", "too large", request)
        link = self._links.read(code)
        if link is None or link.purpose != "survey":
            return self._nothing(404, "unknown", "unknown code", request)
        words = frame.Words(link.page.language, link.page.texts)
        if link.filled_at is not None:
            return notices.page(request, 200, notice(words, "thanks"))
        if link.until <= self._now():
            return notices.refused(self._log, 410, "expired", words, "expired", request)
        try:
            questions = self._playbooks.at(link.branch, link.playbook).reviewing.survey.questions
        except Misconfigured as wrong:
            return notices.refused(self._log, 404, "unknown", words, wrong.reason, request)
        if request.method == "POST":
            return self._sent(link, words, questions, request)
        self._log.info("survey page", branch=link.branch, survey=link.survey, outcome="shown")
        return notices.page(request, 200, survey_page(words, link.page.company, questions))

    def _sent(
        self, link: Link, words: frame.Words, questions: Sequence[Question], request: Request
    ) -> dict[str, Any]:
        form = _form(request)
        problems = {} if form.strange else _problems(questions, form.said)
        if foreign(request.headers):
            status, problem = 403, "page.survey.again"
        elif form.strange or not form.said.keys() <= {one.id for one in questions}:
            status, problem = 400, "page.survey.strange"
        elif problems:
            status, problem = 422, "page.survey.incomplete"
        elif not self._put(link, _answers(questions, form.said), request):
            status, problem = 503, "page.survey.busy"
        else:
            return notices.page(request, 200, notice(words, "thanks"))
        self._log.warning("refused", outcome="refused", reason=problem, bytes=len(request.body))
        shown = survey_page(words, link.page.company, questions, form.said, problems, problem)
        return notices.page(request, status, shown)

    def _put(self, link: Link, answers: dict[str, str], request: Request) -> bool:
        """Whether the answers are in the inbox. Sent twice as they are, they are there once."""
        event = SurveyFilled(
            id=request.id, survey=link.survey, run=link.run, answers=answers, at=self._now()
        )
        envelope = Envelope(branch=link.branch, trace=request.id, event=event)
        told = hashlib.sha256(json.dumps(answers, sort_keys=True).encode()).hexdigest()[:32]
        try:
            self._inbox.put(envelope, once=f"{link.code}.{told}")
        except Exception as fault:
            self._log.warning("inbox unavailable", reason=type(fault).__name__)
            return False
        try:
            self._links.filled(link.code, event.at)
        except Exception as fault:  # He may see the form again; the survey takes answers once.
            self._log.warning("links unavailable", reason=type(fault).__name__)
        self._log.info("survey page", branch=link.branch, survey=link.survey, outcome="filled")
        return True

    def _nothing(self, status: int, key: str, why: str, request: Request) -> dict[str, Any]:
        return notices.nothing(self._log, status, key, why, request)


def _form(request: Request) -> Form:
    kind = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    if kind != "application/x-www-form-urlencoded":
        return Form({}, strange=True)
    try:
        pairs = parse_qsl(
            request.body.decode(),
            keep_blank_values=True,
            errors="strict",
            max_num_fields=_MOST_FIELDS,
        )
    except ValueError:  # Not UTF-8, or too many fields.
        return Form({}, strange=True)
    # Browsers send line breaks as CRLF, and count them as one character.
    said = {name: text.replace("\r\n", "\n") for name, text in pairs}
    return Form(said, strange=len(said) < len(pairs))


def _problems(questions: Sequence[Question], said: Mapping[str, str]) -> dict[str, str]:
    """A text's key for each question whose answer is not right. Only words may be left out."""
    found = {}
    for question in questions:
        answer = said.get(question.id, "")
        if question.kind == "text":
            if len(answer) > LONGEST_TEXT:
                found[question.id] = "page.survey.too_long"
        elif answer not in dict(options_of(question)):
            found[question.id] = "page.survey.choose"
    return found


def _answers(questions: Sequence[Question], said: Mapping[str, str]) -> dict[str, str]:
    """By question id: a score's digits, a choice in its words, a text as it was written."""
    answers = {}
    for question in questions:
        answer = said.get(question.id, "").strip()
        if question.kind == "choice":
            answer = dict(options_of(question))[answer]
        if answer:
            answers[question.id] = answer
    return answers
