"""The whole of Switchboard with the sandbox, as `switchboard up` runs it, and a real browser."""

import re
import shutil
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect, sync_playwright

ROOT = Path(__file__).parents[2]
# Every function's first event starts a process, on a machine that may be busy with other tests.
expect.set_options(timeout=30_000)
_CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser")
_DATABASE = ROOT / "node_modules/@extenddb/linux-x64/extenddb"
_QUIET = (
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
)


@pytest.fixture(scope="module")
def sandbox_page(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The address of the sandbox's page, with everything behind it running."""
    if not _DATABASE.is_file():
        pytest.skip("ExtendDB is not installed")
    command = [
        *(sys.executable, "-c", "from cli.main import app; app()", "up"),
        *("--playbooks", "playbooks", "--data", str(tmp_path_factory.mktemp("data"))),
        *("--port", "0", "--sandbox", "--sandbox-port", "0"),
    ]
    with subprocess.Popen(command, cwd=ROOT, stderr=subprocess.PIPE, text=True) as process:
        try:
            yield _address(process)
        finally:
            process.send_signal(signal.SIGTERM)
            process.wait(15)


def _address(process: "subprocess.Popen[str]") -> str:
    said = []
    assert process.stderr is not None
    for line in process.stderr:
        said.append(line)
        found = re.match(r"open (\S+) to play", line)
        if found:
            return found[1]
    raise AssertionError(f"it did not start: {said}")


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    if _CHROMIUM is None:
        pytest.skip("Chromium is not installed on this machine")
    with sync_playwright() as playwright:
        launched = playwright.chromium.launch(executable_path=_CHROMIUM, args=list(_QUIET))
        yield launched
        launched.close()


@pytest.fixture
def page(browser: Browser, sandbox_page: str) -> Iterator[Page]:
    """The sandbox's page in its first state. Whatever the page complains of fails the test."""
    opened = browser.new_page(viewport={"width": 1440, "height": 900})
    complaints: list[str] = []
    opened.on("pageerror", lambda error: complaints.append(str(error)))
    opened.on(
        "console", lambda said: complaints.append(said.text) if said.type == "error" else None
    )
    opened.goto(sandbox_page)
    with opened.expect_response(lambda answer: answer.url.endswith("/reset")):
        opened.click("#reset")
    expect(opened.locator(".stage-new .card")).to_have_count(4)
    expect(opened.locator(".stage-search .card")).to_have_count(0)
    yield opened
    opened.close()
    assert complaints == []
