"""What a rule says: a finding before its place in the file is looked up."""

from collections.abc import Callable, Iterable, Iterator

from switchboard.playbook.findings import Finding, finding
from switchboard.playbook.model import Playbook
from switchboard.playbook.read import Document, Path, dotted

Objection = tuple[str, Path, str] | tuple[str, Path, str, str]
"""Code, path of the field, reason, and an advice where the code's own does not fit."""
Rule = Callable[[Playbook], Iterator[Objection]]


def findings(document: Document, playbook: Playbook, rules: Iterable[Rule]) -> Iterator[Finding]:
    for rule in rules:
        for said in rule(playbook):
            code, path, reason = said[0], said[1], said[2]
            advice = said[3] if len(said) == 4 else None
            yield finding(code, document.place(path), dotted(path), reason, advice)
