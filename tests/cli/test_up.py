"""What `switchboard up` gives to the sandbox beside it."""

from pathlib import Path

import httpx
from typer.testing import CliRunner

from cli.main import app
from cli.sandbox_process import BRANCH_SECRETS, DEMO_SECRETS, SandboxProcess

ROOT = Path(__file__).parents[2]


def test_branches_share_no_secret() -> None:
    names = [name for secrets in BRANCH_SECRETS.values() for name in secrets]
    assert len(set(names)) == len(names) == len(DEMO_SECRETS)
    for branch, secrets in BRANCH_SECRETS.items():
        assert all(name.startswith(f"{branch.upper()}_") for name in secrets)


def test_bots_of_polled_branches_have_no_webhook_and_the_clock_is_movable(tmp_path: Path) -> None:
    clock = tmp_path / "clock"
    with (
        SandboxProcess(0, "http://127.0.0.1:9", polled=["tyres"], clock=clock) as page,
        httpx.Client(base_url=page, trust_env=False) as client,
    ):
        webhooks = {
            branch: client.get(f"{path}/bot{token}/getWebhookInfo").json()["result"]["url"]
            for branch, path, token in (
                ("demo", "/telegram", DEMO_SECRETS["DEMO_TELEGRAM_TOKEN"]),
                ("tyres", "/tyres/telegram", DEMO_SECRETS["TYRES_TELEGRAM_TOKEN"]),
            )
        }
        client.post("/control/clock", json={"forward_seconds": 60}).raise_for_status()
    assert webhooks == {"demo": "http://127.0.0.1:9/telegram/demo", "tyres": ""}
    assert clock.read_text() == "60\n"


def test_a_folder_whose_clock_was_moved_is_taken_up_beside_the_sandbox_only(tmp_path: Path) -> None:
    (tmp_path / "clock").write_text("60\n")
    given = ["up", "--playbooks", str(ROOT / "playbooks"), "--data", str(tmp_path)]
    result = CliRunner().invoke(app, given)
    assert result.exit_code == 2
    assert "--sandbox" in result.output
    assert [one.name for one in tmp_path.iterdir()] == ["clock"]
