"""What the YAML reader objects to, in words for people who do not know YAML."""

from collections.abc import Iterator, Mapping

from ruamel.yaml.error import MarkedYAMLError, StringMark, YAMLError
from ruamel.yaml.reader import ReaderError

from switchboard.playbook.findings import START, Finding, Place, finding


def syntax_finding(text: str, error: YAMLError) -> Finding:
    if isinstance(error, ReaderError):
        return finding(
            "yaml-syntax", _offset(text, error.position), "", "A character that cannot be shown."
        )
    if not isinstance(error, MarkedYAMLError):
        return finding("yaml-syntax", START, "", "The file is not YAML.")
    problem = str(error.problem or "")
    # What is never closed ends with the file: the place to look at is where it was opened.
    unclosed = "end of stream" in problem and error.context_mark is not None
    mark = error.context_mark if unclosed else error.problem_mark
    place = Place(mark.line + 1, mark.column + 1) if isinstance(mark, StringMark) else START
    if "another document" in problem:
        return finding("yaml-documents", place, "", "A second document begins here.")
    lines = text.splitlines()
    indentation = lines[place.line - 1][: place.column] if place.line <= len(lines) else ""
    if "\\t" in problem or (indentation.isspace() and "\t" in indentation):
        return finding("yaml-tab", place, "", "Indentation is made of spaces only.")
    return finding("yaml-syntax", place, "", _plain_words(problem))


def _offset(text: str, position: int) -> Place:
    before = text[:position]
    return Place(before.count("\n") + 1, position - (before.rfind("\n") + 1) + 1)


_PROBLEMS: Mapping[str, str] = {
    "mapping values are not allowed": "A colon stands where none may stand.",
    "could not find expected ':'": "A colon is missing after a name.",
    "found unexpected end of stream": "A quote is not closed.",
    "found undefined alias": "`*` begins a reference to something that does not exist.",
    "expected <block end>": "The indentation does not fit the lines above.",
    "that cannot start any token": "A value without quotes cannot begin with this character.",
    "unknown escape character": "In double quotes a backslash has a meaning of its own.",
    "expected ',' or": "A comma or closing bracket is missing.",
}


def _plain_words(problem: str) -> str:
    matching: Iterator[str] = (said for words, said in _PROBLEMS.items() if words in problem)
    return next(matching, "The file is not YAML from here on.")
