"""`switchboard playbook`: what it prints, and how it ends."""

import json
import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from cli.main import app
from switchboard.playbook.schema import schema_text
from switchboard.playbook.store import PlaybookStore
from tests.playbook.settings_table import CountingDatabase, settings_table

DEMO = (Path(__file__).parents[2] / "playbooks" / "demo.yaml").read_text()
SECRETS = dict.fromkeys(re.findall(r"env:(DEMO_\w+)", DEMO), "set")
AWS = {
    "AWS_DEFAULT_REGION": "us-east-1",
    "AWS_ACCESS_KEY_ID": "AKIAIOSFODNN7EXAMPLE",
    "AWS_SECRET_ACCESS_KEY": "test",
}


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "demo.yaml").write_text(DEMO)
    return tmp_path


@pytest.fixture
def settings() -> Iterator[tuple[CountingDatabase, str]]:
    with settings_table() as opened:
        yield opened


def run(*arguments: str | Path, **environment: str) -> Result:
    return CliRunner().invoke(
        app, ["playbook", *map(str, arguments)], env={**SECRETS, **AWS, **environment}
    )


def test_lint_of_a_good_folder(folder: Path) -> None:
    result = run("lint", folder)
    assert (result.exit_code, result.output) == (0, "1 playbook, 0 errors, 0 warnings\n")


def test_lint_tells_the_place_the_reason_and_the_remedy(folder: Path) -> None:
    (folder / "demo.yaml").write_text(DEMO.replace("kind: amocrm", "kind: amocrm\n  colour: red"))
    result = run("lint", folder)
    assert result.exit_code == 1
    lines = result.output.splitlines()
    number = DEMO.splitlines().index("  kind: amocrm") + 2
    assert lines[0] == f"{folder / 'demo.yaml'}:{number}:3 error [unknown-field]"
    assert lines[1] == "  crm.colour: There is no field `colour` here."
    assert lines[-1] == "1 playbook, 1 error, 0 warnings"
    assert "\x1b" not in result.output


def test_lint_colours_for_a_terminal_only(folder: Path) -> None:
    (folder / "demo.yaml").write_text("branch: x")
    arguments = ["playbook", "lint", str(folder)]
    assert "\x1b[31m" in CliRunner().invoke(app, arguments, color=True).output
    assert "\x1b" not in CliRunner().invoke(app, arguments).output


def test_a_warning_is_no_failure(folder: Path) -> None:
    result = run("lint", folder, DEMO_TELEGRAM_TOKEN="")
    assert result.exit_code == 0
    assert "1 playbook, 0 errors, 1 warning" in result.output


def test_lint_for_a_program(folder: Path) -> None:
    result = run("lint", "--format", "json", folder / "nowhere.yaml", folder / "demo.yaml")
    assert result.exit_code == 1
    [found] = json.loads(result.output)
    assert set(found) == {
        "file", "line", "column", "level", "code", "where", "reason", "advice",
    }  # fmt: skip
    assert found["code"] == "file-unreadable"


def test_schema_is_the_one_in_docs() -> None:
    assert run("schema").output == schema_text()


def test_publish_makes_a_version_once(folder: Path, settings: tuple[CountingDatabase, str]) -> None:
    database, table = settings
    first = run("publish", folder, "--table", table)
    assert (first.exit_code, first.output) == (0, "demo: version 1 is live.\n")
    again = run("publish", folder, SETTINGS_TABLE=table)
    assert again.output == "demo: version 1 says the same and stays live.\n"
    assert PlaybookStore(database, table).branches() == ["demo"]


def test_one_bad_playbook_keeps_all_back(
    folder: Path, settings: tuple[CountingDatabase, str]
) -> None:
    (folder / "other.yaml").write_text("branch: other\n")
    result = run("publish", folder, "--table", settings[1])
    assert result.exit_code == 1
    assert "Nothing was published." in result.output
    assert PlaybookStore(*settings).branches() == []


def test_publish_may_insist_on_secrets(
    folder: Path, settings: tuple[CountingDatabase, str]
) -> None:
    without = {"DEMO_TELEGRAM_TOKEN": ""}
    strict = run("publish", folder, "--table", settings[1], "--check-secrets", **without)
    assert strict.exit_code == 1
    assert "DEMO_TELEGRAM_TOKEN is not set" in strict.output
    assert run("publish", folder, "--table", settings[1], **without).exit_code == 0


@pytest.mark.usefixtures("settings")
@pytest.mark.parametrize(
    ("arguments", "said"),
    [((), "SETTINGS_TABLE"), (("--table", "nowhere"), "There is no such table")],
)
def test_expected_problems_are_told_in_one_line(
    folder: Path, arguments: tuple[str, ...], said: str
) -> None:
    result = run("publish", folder, *arguments, SETTINGS_TABLE="")
    assert result.exit_code == 1
    assert said in result.output
    assert result.output.count("\n") == 1


def test_a_database_that_is_away_is_told_in_one_line(folder: Path) -> None:
    result = run("publish", folder, "--table", "settings", "--endpoint", "http://127.0.0.1:1")
    assert result.exit_code == 1
    assert "cannot be reached" in result.output
    assert result.output.count("\n") == 1
