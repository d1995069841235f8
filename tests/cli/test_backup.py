"""`switchboard backup`, as the clinic's admin uses it."""

import json
from pathlib import Path

import pytest
from typer.testing import CliRunner

from cli.main import app
from selfhosted import extenddb
from selfhosted.errors import HostError
from tests.selfhosted.database_alone import filled
from tests.selfhosted.running_host import ROOT


def run(*arguments: object) -> tuple[int, str]:
    result = CliRunner().invoke(app, [str(one) for one in arguments])
    assert "Traceback" not in result.output
    return result.exit_code, result.output


def test_from_the_key_to_the_restored_folder(tmp_path: Path) -> None:
    try:
        extenddb.binary((ROOT,))
    except HostError as missing:
        pytest.skip(str(missing))
    data, folder, identity = tmp_path / "data", tmp_path / "backups", tmp_path / "id.txt"
    filled(data, 3)
    folder.mkdir()
    code, said = run("backup", "key", identity)
    public = said.splitlines()[0]
    assert (code, public[:4]) == (0, "age1")
    assert run("backup", "list", "--dir", folder) == (0, "There are no backups.\n")

    code, said = run("backup", "create", "--data", data, "--dir", folder, "--key", public)
    assert code == 0
    assert "3 items" in said
    code, said = run("backup", "list", "--dir", folder, "--json")
    listed = json.loads(said)
    assert listed["state"] == "whole"
    file = listed["file"]
    assert file in run("backup", "list", "--dir", folder)[1]

    code, said = run("backup", "verify", file, "--identity", identity)
    assert code == 0
    assert said.startswith("whole: 3 items in 2 tables, as of ")
    assert "  patients: 3\n" in said
    new = tmp_path / "new"
    code, said = run("backup", "restore", file, "--data", new, "--identity", identity)
    assert code == 0
    assert said.startswith(f"restored into {new}: 3 items")
    assert (new / "extenddb.sqlite").is_file()

    code, said = run("backup", "restore", file, "--data", new, "--identity", identity)
    assert (code, said) == (2, f"{new} is not empty: restore into a new directory.\n")


def test_the_secret_key_comes_from_standard_input(tmp_path: Path) -> None:
    given = "# from a vault\nAGE-SECRET-KEY-1NOT-WHOLE\n"
    arguments = ["backup", "verify", str(tmp_path / "none"), "--identity", "-"]
    result = CliRunner().invoke(app, arguments, input=given)
    assert result.output == "the identity in - is not whole.\n"


def test_trouble_is_one_line_and_an_exit_code(tmp_path: Path) -> None:
    identity = tmp_path / "id.txt"
    public = run("backup", "key", identity)[1].splitlines()[0]
    for arguments, reason in (
        (("key", identity), "exists already"),
        (("list", "--dir", tmp_path / "none"), "there is no folder"),
        (("verify", tmp_path / "none", "--identity", identity), "there is no"),
        (("verify", identity, "--identity", identity), "is not a backup"),
        (("verify", identity, "--identity", tmp_path / "none"), "there is no identity file"),
        (("restore", tmp_path, "--data", tmp_path / "x", "--identity", identity), "directory"),
        (("create", "--data", tmp_path, "--dir", tmp_path, "--key", "none"), "no key file"),
        (("create", "--data", tmp_path, "--dir", tmp_path, "--key", identity), "secret key"),
        (("create", "--data", tmp_path, "--dir", tmp_path, "--key", public), "given by --database"),
    ):
        code, said = run("backup", *arguments)
        assert code in (1, 2), arguments
        assert reason in said
        assert said.count("\n") == 1, said
    assert [path.name for path in tmp_path.iterdir()] == ["id.txt"]


@pytest.mark.parametrize(
    ("options", "reason"),
    [
        (("--backup-dir", "x"), "go together"),
        (("--backup-key", "age1"), "go together"),
        (("--backup-dir", "x", "--backup-key", "none"), "there is no key file none"),
        (("--backup-dir", "x", "--backup-key", "age1x"), "not a public key of age"),
        (
            ("--backup-dir", "x", "--backup-key", "k", "--database", "http://127.0.0.1:1"),
            "back it up by its own means",
        ),
        (("--backup-dir", "x", "--backup-key", "k", "--backup-at", "25:00"), "a time like 03:30"),
    ],
)
def test_up_refuses_a_schedule_that_could_never_work(
    tmp_path: Path, options: tuple[str, ...], reason: str
) -> None:
    playbooks = ROOT / "playbooks"
    code, said = run("up", "--playbooks", playbooks, "--data", tmp_path / "data", *options)
    assert code == 2
    assert reason in said
    assert not (tmp_path / "data").exists()
