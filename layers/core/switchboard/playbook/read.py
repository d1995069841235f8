"""A playbook's file as plain values, with the place of each of them.

Needs ruamel.yaml, which the functions' layer does not ship: only the command line reads files.

Values are taken as they stand: what is not true, false, null or a number written in the usual way
stays text. So `no` stays "no" and a stage `0123` keeps its zero, and only programs that read
YAML 1.1 would see them otherwise, which is a warning.
"""

import re
from collections.abc import Hashable, Mapping
from typing import Any, NamedTuple

from ruamel.yaml import YAML
from ruamel.yaml.error import YAMLError
from ruamel.yaml.nodes import MappingNode, Node, ScalarNode, SequenceNode

from switchboard.playbook.findings import START, Finding, Place, finding
from switchboard.playbook.syntax import syntax_finding

MAX_BYTES = 1_000_000
_MAX_VALUES = 20_000
_MAX_DEPTH = 30

Path = tuple[str | int, ...]

_INTEGER = re.compile(r"-?(0|[1-9][0-9]{0,18})")
_DECIMAL = re.compile(r"-?(0|[1-9][0-9]{0,14})\.[0-9]{1,15}")
_WORDS: Mapping[str, bool | None] = {
    **dict.fromkeys(("true", "True", "TRUE"), True),
    **dict.fromkeys(("false", "False", "FALSE"), False),
    **dict.fromkeys(("", "~", "null", "Null", "NULL"), None),
}
# yaml.org/type/bool, /int: what YAML 1.1 makes of plain words that YAML 1.2 leaves alone.
_AMBIGUOUS = re.compile(
    r"(?i:y|n|yes|no|on|off)|[-+]?0[0-9_]+|[-+]?0[xob][0-9a-fA-F_]+|[0-9]+(:[0-5]?[0-9])+"
    r"|[-+]?[0-9][0-9]*_[0-9_]+"
)
_STANDARD_TAGS = re.compile(
    r"tag:yaml\.org,2002:(str|int|float|bool|null|map|seq|timestamp|merge|value)"
)


class Document(NamedTuple):
    """A file that could be read. `keys` has the place of each name, `values` of each value."""

    data: dict[str, Any]
    keys: Mapping[Path, Place]
    values: Mapping[Path, Place]

    def place(self, path: Path) -> Place:
        """Where a value stands, or the nearest thing around it that stands in the file."""
        return self._nearest(self.values, path)

    def key(self, path: Path) -> Place:
        """Where a value's name stands."""
        return self._nearest(self.keys, path)

    @staticmethod
    def _nearest(places: Mapping[Path, Place], path: Path) -> Place:
        for length in range(len(path), 0, -1):
            if path[:length] in places:
                return places[path[:length]]
        return START


def decode(raw: bytes) -> tuple[str, list[Finding]]:
    """The text of a file; a byte order mark, as Windows writes it, is dropped."""
    if len(raw) > MAX_BYTES:
        return "", [_whole_file("file-too-big", f"The file has {len(raw):,} bytes.")]
    try:
        return raw.decode("utf-8-sig"), []
    except UnicodeDecodeError as error:
        before = raw[: error.start]
        place = Place(before.count(b"\n") + 1, len(before) - before.rfind(b"\n"))
        return "", [finding("file-not-utf8", place, "", "This byte is not UTF-8.")]


def read(text: str) -> tuple[Document | None, list[Finding]]:
    """The values of a file's text, or None where findings say why there are none."""
    if len(text.encode(errors="replace")) > MAX_BYTES:
        return None, [_whole_file("file-too-big", f"The file has {len(text):,} characters.")]
    try:
        root = YAML(typ="rt", pure=True).compose(text)
    except RecursionError:
        return None, [_whole_file("yaml-expands", "The file nests too deeply.")]
    except YAMLError as error:
        return None, [syntax_finding(text, error)]
    if root is None:
        return None, [_whole_file("file-empty", "There is nothing in this file.")]
    return _Builder().document(root)


class _Stop(Exception):
    """No sense in reading on; the finding says why."""

    def __init__(self, found: Finding) -> None:
        super().__init__(found.reason)
        self.found = found


class _Builder:
    """Turns YAML's nodes into plain values and remembers where each stood."""

    def __init__(self) -> None:
        self._keys: dict[Path, Place] = {}
        self._values: dict[Path, Place] = {}
        self._findings: list[Finding] = []

    def document(self, root: Node) -> tuple[Document | None, list[Finding]]:
        if not isinstance(root, MappingNode):
            reason = "The file must consist of `name: value` lines."
            return None, [finding("yaml-not-mapping", _place(root), "", reason)]
        try:
            data = self._mapping(root, ())
        except _Stop as stop:
            return None, [*self._findings, stop.found]
        return Document(data, self._keys, self._values), self._findings

    def _value(self, node: Node, path: Path) -> Any:
        self._values[path] = _place(node)
        # Nodes behind aliases are shared, so a small file can unfold without end.
        if len(self._values) > _MAX_VALUES or len(path) > _MAX_DEPTH:
            reason = f"More than {_MAX_VALUES} values or {_MAX_DEPTH} levels."
            raise _Stop(finding("yaml-expands", _place(node), dotted(path[:3]), reason))
        tag = str(node.tag)
        if not _STANDARD_TAGS.fullmatch(tag):
            self._find("yaml-tag", node, path, f"The tag {tag.removeprefix('!')!r} is not used.")
            return None
        match node:
            case MappingNode():
                return self._mapping(node, path)
            case SequenceNode():
                return [self._value(item, (*path, at)) for at, item in enumerate(node.value)]
            case ScalarNode():
                return self._scalar(node, path)
            case _:
                return None

    def _mapping(self, node: MappingNode, path: Path) -> dict[str, Any]:
        data: dict[str, Any] = {}
        for key, value in node.value:
            name = key.value if isinstance(key, ScalarNode) else None
            if not isinstance(name, str) or (name == "<<" and _plain(key)):
                reason = "Only a plain name may stand before the colon."
                self._find("yaml-tag", key, path, reason)
                continue
            at = (*path, name)
            if name in data:
                reason = f"`{name}` already stands in line {self._keys[at].line}."
                self._find("yaml-duplicate-key", key, at, reason)
                continue
            self._keys[at] = _place(key)
            data[name] = self._value(value, at)
        return data

    def _scalar(self, node: ScalarNode, path: Path) -> Hashable:
        text = _whole(str(node.value))
        if not _plain(node) or (str(node.tag).endswith(":str") and _explicit(node)):
            return text
        if _AMBIGUOUS.fullmatch(text):
            reason = "It is read here as text, letter by letter."
            self._find("yaml-ambiguous", node, path, reason)
        return _resolved(text)

    def _find(self, code: str, node: Node, path: Path, reason: str) -> None:
        self._findings.append(finding(code, _place(node), dotted(path), reason))


def dotted(path: Path) -> str:
    return ".".join(str(part) for part in path)


def _whole(text: str) -> str:
    """Escapes written as JSON writes them come as two halves of one character; half a character,
    which no encoding can carry further, becomes U+FFFD."""
    return text.encode("utf-16", "surrogatepass").decode("utf-16", "replace")


def _resolved(text: str) -> str | int | float | bool | None:
    if text in _WORDS:
        return _WORDS[text]
    if _INTEGER.fullmatch(text):
        return int(text)
    # A stage called 1.10 must not become 1.1; where a number belongs, its text is read as one.
    if _DECIMAL.fullmatch(text) and str(float(text)) == text:
        return float(text)
    return text


def _plain(node: Node) -> bool:
    """Whether a value stands without quotes and not as a block."""
    return not getattr(node, "style", None)


def _explicit(node: ScalarNode) -> bool:
    """Whether `!!str` stands before the value, as far as that can matter."""
    return _resolved(str(node.value)) != str(node.value)


def _place(node: Node) -> Place:
    return Place(node.start_mark.line + 1, node.start_mark.column + 1)


def _whole_file(code: str, reason: str) -> Finding:
    return finding(code, START, "", reason)
