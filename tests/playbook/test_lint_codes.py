"""Every code of the lint, by a playbook that earns it, at the line where it is earned."""

from pathlib import Path

import pytest

from switchboard.playbook.findings import CODES, Finding
from switchboard.playbook.lint import Examined, examine, examine_all
from tests.playbook import review_cases
from tests.playbook.lint_case import Case

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
SET = dict.fromkeys(review_cases.SECRETS, "set")


def _case(code: str, old: str, new: str, line: int, where: str, text: str = GOOD) -> Case:
    return Case(code, old, new, line, where, text)


CASES = [
    _case("yaml-syntax", "timezone: A", "timezone: a: A", 3, ""),
    _case("yaml-syntax", "timezone: A", "timezone: 'A", 3, ""),
    _case("yaml-syntax", "timezone: A", "timezone: @A", 3, ""),
    _case("yaml-syntax", "timezone: A", "timezone: \x07A", 3, ""),
    _case("yaml-syntax", "timezone: A", "timezone: *nothing #", 3, ""),
    _case("yaml-tab", "  bot:", "\tbot:", 5, ""),
    _case("yaml-duplicate-key", "  token: env:TOKEN", "  bot: other_bot", 6, "telegram.bot"),
    _case("yaml-expands", "bot: t", "bot: " + "[" * 2000 + "t", 1, ""),
    _case("yaml-tag", "bot: tiles", "bot: !!python/name:os tiles", 5, "telegram.bot"),
    _case("yaml-tag", "  bot:", "  <<: {}\n  bot:", 5, "telegram"),
    _case("yaml-tag", "  bot:", "  [1, 2]: x\n  bot:", 5, "telegram"),
    _case("yaml-documents", "language: ru", "---\nlanguage: ru", 2, ""),
    _case("yaml-not-mapping", GOOD, "- branch\n- tiles\n", 1, ""),
    _case("yaml-not-mapping", GOOD, "branch", 1, ""),
    _case("yaml-ambiguous", "Поздно.", "no", 31, "texts.press.gone"),
    _case("yaml-ambiguous", "claimed_stage: 102", "claimed_stage: 0102", 20, "crm.claimed_stage"),
    _case("file-empty", GOOD, "", 1, ""),
    _case("file-empty", GOOD, "# nothing yet\n", 1, ""),
    _case("file-too-big", "Поздно.", "x" * 1_000_001, 1, ""),
    _case("unknown-field", "timezone:", "time_zone:", 3, "time_zone"),
    _case("unknown-field", "    token: env:CRM", "    tokn: env:CRM", 14, "crm.auth.tokn"),
    _case("unknown-field", "    pay:", "    payment:", 22, "crm.fields.payment"),
    _case("unknown-field", "      crm_user", "      user", 29, "dispatch.workers.0.user"),
    _case("missing-field", "branch: tiles\n", "", 1, "branch"),
    _case("missing-field", "  pipeline: 10\n", "", 8, "crm.pipeline"),
    _case("missing-field", "    token: env:CRM_TOKEN\n", "", 12, "crm.auth.token"),
    _case("wrong-kind", "kind: amocrm", "kind: amo", 9, "crm"),
    _case("wrong-kind", "  kind: amocrm\n", "", 8, "crm"),
    _case("wrong-kind", "kind: token", "kind: password", 13, "crm.auth"),
    _case("wrong-type", "pipeline: 10", "pipeline: ten", 15, "crm.pipeline"),
    _case("wrong-type", "Поздно.", "12", 31, "texts.press.gone"),
    _case("wrong-type", "search: [101]", "search: 101", 17, "crm.stages.search"),
    _case("wrong-type", "telegram: 700", "telegram: 7.5", 28, "dispatch.workers.0.telegram"),
    _case("wrong-value", "branch: tiles", "branch: Плитка", 1, "branch"),
    _case("wrong-value", "language: ru", "language: de", 2, "language"),
    _case("wrong-value", "pipeline: 10", "pipeline: 0", 15, "crm.pipeline"),
    _case("search-missing", "search: [101]", "search: []", 17, "crm.stages.search"),
    _case("playbook-too-big", "Поздно.", "x" * 360_000, 1, ""),
    _case("secret-pasted", "env:TOKEN", "000000:TEST", 6, "telegram.token"),
    _case("secret-pasted", "[env:SECRET]", "[plain]", 7, "telegram.webhook_secrets.0"),
    _case("secret-missing", "env:TOKEN", "env:ABSENT", 6, "telegram.token"),
    _case("secret-shared", "[env:SECRET]", "[env:TOKEN]", 7, "telegram.webhook_secrets.0"),
    _case("secret-shared", "[env:SECRET]", "[env:SECRET, env:SECRET]", 7,
         "telegram.webhook_secrets.1"),
    _case("plain-http", "https://tiles", "http://tiles", 10, "crm.base_url"),
    _case("telegram-address", "  token: env:TOKEN", "  token: env:TOKEN\n  base_url: https://x.test",
         7, "telegram.base_url"),
    _case("crm-path", "{deal}", "5", 12, "crm.read", GENERIC),
    _case("crm-path", "  read: /deals/{deal}", "  changed: /deals", 12, "crm.changed", GENERIC),
    _case("crm-placeholder", "{deal}", "{deal}/{id}", 12, "crm.read", GENERIC),
    _case("crm-placeholder", "  read: /deals/{deal}",
         "  note:\n    path: /deals/{deal}/notes\n    body: {said: '{txt}'}", 14,
         "crm.note.body.said", GENERIC),
    _case("stage-twice", "done: [142]", "done: [142, 101]", 18, "crm.stages.done.1"),
    _case("stage-twice", "search: [101]", "search: [101, '101']", 17, "crm.stages.search.1"),
    _case("claimed-stage", "claimed_stage: 102", "claimed_stage: 101", 20, "crm.claimed_stage"),
    _case("claimed-stage", "claimed_stage: 102", "claimed_stage: 143", 20, "crm.claimed_stage"),
    _case("field-twice", "skills: 502", "skills: 501", 23, "crm.fields.skills"),
    _case("worker-unnamed", "- telegram: 700\n      crm", "- crm", 28, "dispatch.workers.0"),
    _case("worker-twice", "texts:", "    - telegram: 700\n      crm_user: 801\ntexts:", 30,
         "dispatch.workers.1"),
    _case("worker-login", "telegram: 700", "login: '@ivan_test'", 28, "dispatch.workers.0.login"),
    _case("chats-same", "manager_chat: 900", "manager_chat: -100200", 26, "dispatch.manager_chat"),
    _case("chat-not-group", "-100200", "100200", 25, "dispatch.workers_chat"),
    _case("timezone-unknown", "Asia/Yekaterinburg", "Asia/Uryupinsk", 3, "timezone"),
    _case("timezone-unknown", "Asia/Yekaterinburg", "../../etc/passwd", 3, "timezone"),
    _case("text-unknown", "press.gone", "press.gon", 31, "texts.press.gon"),
    _case("text-empty", "Поздно.", "''", 31, "texts.press.gone"),
    _case("text-placeholder", "{title} {", "{phone} {", 32, "texts.manager.unclaimed"),
    _case("text-braces", "{title} {", "{title.x} {", 32, "texts.manager.unclaimed"),
    _case("text-braces", "{title} {", "{title[0]} {", 32, "texts.manager.unclaimed"),
    _case("text-braces", "{title} {", "{title {", 32, "texts.manager.unclaimed"),
    _case("text-plural", "|минуты|", "|", 32, "texts.manager.unclaimed"),
    _case("text-plural", "{title} {", "{title:а|б|в} {", 32, "texts.manager.unclaimed"),
    _case("text-markup", "{title} {", "<b>{title} {", 32, "texts.manager.unclaimed"),
    _case("text-markup-forbidden", "Поздно.", "<b>Поздно.</b>", 31, "texts.press.gone"),
    _case("text-too-long", "Поздно.", "щ" * 201, 31, "texts.press.gone"),
    *review_cases.CASES,
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


@pytest.mark.parametrize("text", [GOOD, GENERIC, review_cases.REVIEWS, review_cases.AMOCRM])
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
