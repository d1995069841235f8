"""`switchboard` itself: quick, and helpful with what it does not know."""

import subprocess
import sys

from typer.testing import CliRunner

from cli.main import COMMANDS, app


def run(*arguments: str) -> tuple[int, str]:
    result = CliRunner().invoke(app, list(arguments))
    return result.exit_code, result.output


def test_help_lists_every_command_and_imports_none() -> None:
    program = (
        "import sys, cli.main\n"
        "try: cli.main.app(['--help'])\n"
        "except SystemExit as end: assert end.code == 0\n"
        "ours = ('cli.', 'switchboard', 'boto')\n"
        "loaded = {name for name in sys.modules if name.startswith(ours)}\n"
        "assert loaded == {'cli.main'}, loaded\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, timeout=60, check=False
    )
    assert done.returncode == 0, done.stderr
    for name in COMMANDS:
        assert f" {name} " in done.stdout


def test_a_misspelt_command_is_told_the_nearest() -> None:
    code, said = run("playbok")
    assert code == 2
    assert "Did you mean 'playbook'?" in said


def test_a_group_without_a_command_shows_its_help() -> None:
    code, said = run("playbook")
    assert code == 2
    assert "lint" in said
    assert "publish" in said


def test_the_version_is_shown() -> None:
    code, said = run("--version")
    assert code == 0
    assert said.startswith("switchboard ")
