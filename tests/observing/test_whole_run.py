"""One run of everything as a user starts it: what its log holds, and what can be read out of it."""

import asyncio
import json
import re
from collections import defaultdict
from pathlib import Path
from typing import Any, NamedTuple

import pytest
from typer.testing import CliRunner, Result

from cli.main import app
from tests.observing.played import escaped, log_of, play, words, written
from tests.proofs.stack import RAISED, ROOT, playbook_copy, running

Json = dict[str, Any]


class Run(NamedTuple):
    """What is left of a run: its log, the words that were used in it, what the commands said."""

    text: str
    lines: list[Json]
    words: dict[str, str]
    said: dict[str, Result]
    trace: str


def _winner(lines: list[Json]) -> str:
    return next(
        str(line["trace"])
        for line in lines
        if (line["message"], line.get("outcome")) == ("press", "won")
    )


def test_a_run_of_everything_can_be_followed_and_names_nobody(tmp_path: Path) -> None:
    """One run for all of it: starting everything takes longer than looking at what it left."""
    run = asyncio.run(_run(tmp_path))
    for look in (
        _no_log_holds_a_phone_a_name_a_login_or_a_secret,
        _every_line_has_a_trace_but_those_of_what_could_not_be_read,
        _a_trace_leads_from_the_press_to_its_last_effect,
        _the_command_tells_the_story_in_order,
        _status_says_how_everything_stands,
        _a_host_that_is_gone_is_not_well,
        _figures_stand_in_the_lines_and_name_nobody,
    ):
        look(run)


async def _run(folder: Path) -> Run:
    if not (ROOT / "node_modules/@extenddb/linux-x64/extenddb").is_file():
        pytest.skip("ExtendDB is not installed")
    async with running(folder, playbook_copy(telegram=RAISED)) as stack:
        people = await play(stack)
        lines = log_of(stack.data)
        data, trace = ("--data", str(stack.data)), _winner(lines)
        asked = {
            "trace": ("trace", trace, *data),
            "unknown": ("trace", "nobody-knows", *data),
            "status": ("status", *data),
            "status as JSON": ("status", "--json", *data),
        }
        said = {name: await asyncio.to_thread(_invoke, one) for name, one in asked.items()}
        found = Run(written(stack), lines, await words(stack, people), said, trace)
    stopped = ("status", *data)
    return found._replace(said={**said, "stopped": _invoke(stopped)})


def _invoke(arguments: tuple[str, ...]) -> Result:
    return CliRunner().invoke(app, list(arguments))


def _no_log_holds_a_phone_a_name_a_login_or_a_secret(run: Run) -> None:
    assert len(run.words) > 30
    assert {"first_name of worker 0", "last_name of worker 0", "username of worker 0"} <= set(
        run.words
    )
    assert len(run.lines) > 20
    # What was done had consequences of every kind.
    messages = {line["message"] for line in run.lines}
    assert messages >= {"press", "update", "webhook", "refused", "event", "effect", "fault"}
    assert "provider failed" in messages
    # What the words are looked for in is not empty of what happened to the people.
    assert '"outcome":"won"' in run.text
    # A word that is there is found.
    assert _leaked({"an outcome": "contact_sent", "a name": run.trace}, run.text)
    assert _leaked(run.words, run.text) == []


def _every_line_has_a_trace_but_those_of_what_could_not_be_read(run: Run) -> None:
    without = [line for line in run.lines if not line.get("trace")]
    assert {(line["message"], line.get("fault")) for line in without} <= {
        ("fault", "ValidationError")
    }


def _a_trace_leads_from_the_press_to_its_last_effect(run: Run) -> None:
    services = defaultdict(set)
    for line in run.lines:
        services[line.get("trace")].add((line["service"], line["message"]))
    mine = services[run.trace]
    assert ("telegram_webhook", "press") in mine
    kinds = {
        line["kind"]
        for line in run.lines
        if line.get("trace") == run.trace and line["message"] == "effect"
    }
    assert kinds >= {"send_message", "edit_message", "update_deal", "add_note", "add_task"}


def _the_command_tells_the_story_in_order(run: Run) -> None:
    told = run.said["trace"]
    assert told.exit_code == 0, told.output
    lines = told.stdout.splitlines()
    assert [line[:23] for line in lines] == sorted(line[:23] for line in lines)
    story = told.stdout
    for what in (
        r"telegram_webhook +a worker pressed “claim” on amocrm-\d+: won",
        r"journal +amocrm-\d+, line \d+: claim won",
        r"sender +update_deal \(.*\) to amocrm: delivered",
    ):
        assert re.search(what, story), (what, story)
    assert run.said["unknown"].exit_code == 1


def _status_says_how_everything_stands(run: Run) -> None:
    shown, as_json = run.said["status"], run.said["status as JSON"]
    document = json.loads(as_json.stdout)
    checks = {check["name"]: check for check in document["checks"]}
    assert checks.keys() >= {
        *("host", "doors", "database", "queue inbox", "queue outbound", "queue timer"),
        *("jobs", "dead letters", "processes", "providers", "backup"),
    }
    for name in ("host", "doors", "database", "jobs", "providers"):
        assert checks[name]["well"], (name, checks[name])
    # amoCRM has answered 500, and Telegram has hung up.
    assert checks["providers"]["last_hour"].keys() == {"amocrm", "telegram"}
    assert checks["queue inbox"]["waiting"] == 1, "the poison is still tried"
    assert shown.exit_code == as_json.exit_code == (0 if document["well"] else 1)
    for name in checks:
        assert name in shown.stdout


def _a_host_that_is_gone_is_not_well(run: Run) -> None:
    assert run.said["stopped"].exit_code == 1
    assert "no host is running" in run.said["stopped"].stdout


def _figures_stand_in_the_lines_and_name_nobody(run: Run) -> None:
    counted = [line for line in run.lines if "_aws" in line]
    names = set()
    for line in counted:
        for directive in line["_aws"]["CloudWatchMetrics"]:
            assert directive["Namespace"] == "local"
            names |= {metric["Name"] for metric in directive["Metrics"]}
            for name in {name for names in directive["Dimensions"] for name in names}:
                assert name in {"service", "outcome", "kind", "provider"}
                assert isinstance(line[name], str)
            for metric in directive["Metrics"]:
                assert isinstance(line[metric["Name"]], int | float)
    assert names >= {
        "Presses",
        "Webhooks",
        "Events",
        "Effects",
        "ProviderErrors",
        "Faults",
        "Waited",
    }


def _leaked(words: dict[str, str], text: str) -> list[str]:
    return [name for name, word in words.items() if word in text or escaped(word) in text]
