"""Every code of the lint, by a playbook that earns it, at the line where it is earned."""

from pathlib import Path
from typing import NamedTuple

import pytest

from switchboard.playbook.findings import CODES, Finding
from switchboard.playbook.lint import Examined, examine, examine_all

GOOD = """\
branch: tiles
language: ru
timezone: Asia/Yekaterinburg
telegram:
  bot: tiles_test_bot
  token: env:TOKEN
  webhook_secrets: [env:SECRET]
crm:
  kind: amocrm
  base_url: https://tiles.example.test
  webhook_secrets: [env:CRM_SECRET]
  auth:
    kind: token
    token: env:CRM_TOKEN
  pipeline: 10
  stages:
    search: [101]
    done: [142]
    lost: [143]
  claimed_stage: 102
  fields:
    pay: 501
    skills: 502
dispatch:
  workers_chat: -100200
  manager_chat: 900
  workers:
    - telegram: 700
      crm_user: 800
texts:
  press.gone: Поздно.
  manager.unclaimed: "{title} {minutes} {minutes:минуту|минуты|минут}"
"""
GENERIC = """\
branch: tiles
telegram:
  bot: tiles_test_bot
  token: env:TOKEN
  webhook_secrets: [env:SECRET]
crm:
  kind: generic
  base_url: https://tiles.example.test
  webhook_secrets: [env:CRM_SECRET]
  stages:
    search: [looking]
  read: /deals/{deal}
dispatch:
  workers_chat: -100200
"""
SET = dict.fromkeys(("TOKEN", "SECRET", "CRM_SECRET", "CRM_TOKEN"), "set")


class Case(NamedTuple):
    """In `text`, `old` is replaced by `new`; the finding is then in `line`, about `where`."""

    code: str
    old: str
    new: str
    line: int
    where: str
    text: str = GOOD


CASES = [
    Case("yaml-syntax", "timezone: A", "timezone: a: A", 3, ""),
    Case("yaml-syntax", "timezone: A", "timezone: 'A", 3, ""),
    Case("yaml-syntax", "timezone: A", "timezone: @A", 3, ""),
    Case("yaml-syntax", "timezone: A", "timezone: \x07A", 3, ""),
    Case("yaml-syntax", "timezone: A", "timezone: *nothing #", 3, ""),
    Case("yaml-tab", "  bot:", "\tbot:", 5, ""),
    Case("yaml-duplicate-key", "  token: env:TOKEN", "  bot: other_bot", 6, "telegram.bot"),
    Case("yaml-expands", "bot: t", "bot: " + "[" * 2000 + "t", 1, ""),
    Case("yaml-tag", "bot: tiles", "bot: !!python/name:os tiles", 5, "telegram.bot"),
    Case("yaml-tag", "  bot:", "  <<: {}\n  bot:", 5, "telegram"),
    Case("yaml-tag", "  bot:", "  [1, 2]: x\n  bot:", 5, "telegram"),
    Case("yaml-documents", "language: ru", "---\nlanguage: ru", 2, ""),
    Case("yaml-not-mapping", GOOD, "- branch\n- tiles\n", 1, ""),
    Case("yaml-not-mapping", GOOD, "branch", 1, ""),
    Case("yaml-ambiguous", "Поздно.", "no", 31, "texts.press.gone"),
    Case("yaml-ambiguous", "claimed_stage: 102", "claimed_stage: 0102", 20, "crm.claimed_stage"),
    Case("file-empty", GOOD, "", 1, ""),
    Case("file-empty", GOOD, "# nothing yet\n", 1, ""),
    Case("file-too-big", "Поздно.", "x" * 1_000_001, 1, ""),
    Case("unknown-field", "timezone:", "time_zone:", 3, "time_zone"),
    Case("unknown-field", "    token: env:CRM", "    tokn: env:CRM", 14, "crm.auth.tokn"),
    Case("unknown-field", "    pay:", "    payment:", 22, "crm.fields.payment"),
    Case("unknown-field", "      crm_user", "      user", 29, "dispatch.workers.0.user"),
    Case("missing-field", "branch: tiles\n", "", 1, "branch"),
    Case("missing-field", "  pipeline: 10\n", "", 8, "crm.pipeline"),
    Case("missing-field", "    token: env:CRM_TOKEN\n", "", 12, "crm.auth.token"),
    Case("wrong-kind", "kind: amocrm", "kind: amo", 9, "crm"),
    Case("wrong-kind", "  kind: amocrm\n", "", 8, "crm"),
    Case("wrong-kind", "kind: token", "kind: password", 13, "crm.auth"),
    Case("wrong-type", "pipeline: 10", "pipeline: ten", 15, "crm.pipeline"),
    Case("wrong-type", "Поздно.", "12", 31, "texts.press.gone"),
    Case("wrong-type", "search: [101]", "search: 101", 17, "crm.stages.search"),
    Case("wrong-type", "telegram: 700", "telegram: 7.5", 28, "dispatch.workers.0.telegram"),
    Case("wrong-value", "branch: tiles", "branch: Плитка", 1, "branch"),
    Case("wrong-value", "language: ru", "language: de", 2, "language"),
    Case("wrong-value", "pipeline: 10", "pipeline: 0", 15, "crm.pipeline"),
    Case("wrong-value", "search: [101]", "search: []", 17, "crm.stages.search"),
    Case("playbook-too-big", "Поздно.", "x" * 360_000, 1, ""),
    Case("secret-pasted", "env:TOKEN", "000000:TEST", 6, "telegram.token"),
    Case("secret-pasted", "[env:SECRET]", "[plain]", 7, "telegram.webhook_secrets.0"),
    Case("secret-missing", "env:TOKEN", "env:ABSENT", 6, "telegram.token"),
    Case("secret-shared", "[env:SECRET]", "[env:TOKEN]", 7, "telegram.webhook_secrets.0"),
    Case("secret-shared", "[env:SECRET]", "[env:SECRET, env:SECRET]", 7,
         "telegram.webhook_secrets.1"),
    Case("plain-http", "https://tiles", "http://tiles", 10, "crm.base_url"),
    Case("telegram-address", "  token: env:TOKEN", "  token: env:TOKEN\n  base_url: https://x.test",
         7, "telegram.base_url"),
    Case("crm-path", "{deal}", "5", 12, "crm.read", GENERIC),
    Case("crm-path", "  read: /deals/{deal}", "  changed: /deals", 12, "crm.changed", GENERIC),
    Case("crm-placeholder", "{deal}", "{deal}/{id}", 12, "crm.read", GENERIC),
    Case("crm-placeholder", "  read: /deals/{deal}",
         "  note:\n    path: /deals/{deal}/notes\n    body: {said: '{txt}'}", 14,
         "crm.note.body.said", GENERIC),
    Case("stage-twice", "done: [142]", "done: [142, 101]", 18, "crm.stages.done.1"),
    Case("stage-twice", "search: [101]", "search: [101, '101']", 17, "crm.stages.search.1"),
    Case("claimed-stage", "claimed_stage: 102", "claimed_stage: 101", 20, "crm.claimed_stage"),
    Case("claimed-stage", "claimed_stage: 102", "claimed_stage: 143", 20, "crm.claimed_stage"),
    Case("field-twice", "skills: 502", "skills: 501", 23, "crm.fields.skills"),
    Case("worker-unnamed", "- telegram: 700\n      crm", "- crm", 28, "dispatch.workers.0"),
    Case("worker-twice", "texts:", "    - telegram: 700\n      crm_user: 801\ntexts:", 30,
         "dispatch.workers.1"),
    Case("worker-login", "telegram: 700", "login: '@ivan_test'", 28, "dispatch.workers.0.login"),
    Case("chats-same", "manager_chat: 900", "manager_chat: -100200", 26, "dispatch.manager_chat"),
    Case("chat-not-group", "-100200", "100200", 25, "dispatch.workers_chat"),
    Case("timezone-unknown", "Asia/Yekaterinburg", "Asia/Uryupinsk", 3, "timezone"),
    Case("timezone-unknown", "Asia/Yekaterinburg", "../../etc/passwd", 3, "timezone"),
    Case("text-unknown", "press.gone", "press.gon", 31, "texts.press.gon"),
    Case("text-empty", "Поздно.", "''", 31, "texts.press.gone"),
    Case("text-placeholder", "{title} {", "{phone} {", 32, "texts.manager.unclaimed"),
    Case("text-braces", "{title} {", "{title.x} {", 32, "texts.manager.unclaimed"),
    Case("text-braces", "{title} {", "{title[0]} {", 32, "texts.manager.unclaimed"),
    Case("text-braces", "{title} {", "{title {", 32, "texts.manager.unclaimed"),
    Case("text-plural", "|минуты|", "|", 32, "texts.manager.unclaimed"),
    Case("text-plural", "{title} {", "{title:а|б|в} {", 32, "texts.manager.unclaimed"),
    Case("text-markup", "{title} {", "<b>{title} {", 32, "texts.manager.unclaimed"),
    Case("text-markup-forbidden", "Поздно.", "<b>Поздно.</b>", 31, "texts.press.gone"),
    Case("text-too-long", "Поздно.", "щ" * 201, 31, "texts.press.gone"),
]  # fmt: skip


@pytest.mark.parametrize("case", CASES, ids=lambda case: f"{case.code}:{case.where}")
def test_the_finding_stands_at_its_line_and_helps(case: Case) -> None:
    assert case.old in case.text
    examined = examine(case.text.replace(case.old, case.new, 1), environment=SET)
    found = [one for one in examined.findings if one.code == case.code]
    assert [(one.line, one.where) for one in found] == [(case.line, case.where)], examined.findings
    assert found[0].level == CODES[case.code].level
    assert found[0].reason.endswith((".", "?"))
    assert len(found[0].advice) > 10
    assert examined.good == (found[0].level == "warning")


@pytest.mark.parametrize("text", [GOOD, GENERIC])
def test_a_good_playbook_has_no_findings(text: str) -> None:
    assert examine(text, environment=SET).findings == ()


def test_files_and_folders_have_findings_too(tmp_path: Path) -> None:
    (tmp_path / "one.yaml").write_text(GOOD)
    (tmp_path / "two.yml").write_text(GOOD)
    (tmp_path / "three.yaml").write_text(GOOD.replace("branch: tiles", "branch: walls"))
    (tmp_path / "windows.yaml").write_bytes(GOOD.encode("cp1251"))
    (tmp_path / "empty").mkdir()
    examined = examine_all([tmp_path, tmp_path / "empty", tmp_path / "nowhere.yaml"])
    assert {Path(one.file).name: _codes(one) for one in examined} == {
        "one.yaml": [],
        "three.yaml": ["bot-twice"],
        "two.yml": ["branch-twice"],
        "windows.yaml": ["file-not-utf8"],
        "empty": ["file-unreadable"],
        "nowhere.yaml": ["file-unreadable"],
    }
    found = {one.findings[0].code: one.findings[0] for one in examined if one.findings}
    assert "one.yaml" in found["branch-twice"].reason
    places = {code: one.line for code, one in found.items()}
    assert (places["branch-twice"], places["bot-twice"], places["file-not-utf8"]) == (1, 5, 31)


def test_every_code_is_earned_by_a_case() -> None:
    apart = {"bot-twice", "branch-twice", "file-not-utf8", "file-unreadable"}
    assert {case.code for case in CASES} | apart == set(CODES)


def test_the_guide_lists_every_code() -> None:
    guide = (Path(__file__).parents[2] / "docs" / "playbook.md").read_text()
    for code, known in CODES.items():
        cells = (f"`{code}`", known.level, known.meaning, known.advice)
        row = "| " + " | ".join(cell.replace("|", r"\|") for cell in cells) + " |"
        assert row in guide, f"docs/playbook.md needs this row:\n{row}"


def _codes(examined: Examined) -> list[str]:
    found: tuple[Finding, ...] = examined.findings
    return [one.code for one in found]
