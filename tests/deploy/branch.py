"""The demo's branch on the deployed stack: its secrets, its playbook, and what people do in it."""

import os
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import httpx
import yaml

from cli.sandbox_process import BRANCH_SECRETS
from cli.stand_ins import with_sandbox
from switchboard.playbook.model import Playbook
from tests.deploy.deployed import Deployed
from tests.deploy.places import ROOT
from tests.deploy.report import Failed

BRANCH = "demo"
SECRETS = BRANCH_SECRETS[BRANCH]
SECRET = SECRETS["DEMO_TELEGRAM_SECRET"]
_PARAMETERS = f"/switchboard/{BRANCH}/"
_PUBLISH_SECONDS = 60

Json = dict[str, Any]


def publish(deployed: Deployed, stand_ins: str, doors: str, folder: Path) -> str:
    """Secrets into Parameter Store, and the playbook by the command that the guide names.

    Returns what the command printed.
    """
    for variable, value in SECRETS.items():
        deployed.client("ssm").put_parameter(
            Name=_parameter(variable), Value=value, Type="SecureString"
        )
    folder.mkdir()
    # What is JSON is YAML too.
    said = _playbook(stand_ins, doors).model_dump_json(exclude_none=True)
    (folder / f"{BRANCH}.yaml").write_text(said, encoding="utf-8")
    table = deployed.outputs["SettingsTable"]
    done = subprocess.run(
        [
            sys.executable,
            *("-c", "from cli.main import app; app()"),
            *("playbook", "publish", str(folder), "--table", table),
        ],
        check=False,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        cwd=ROOT,
        env={
            "PATH": os.environ["PATH"],
            "PYTHONPATH": f"{ROOT}{os.pathsep}{ROOT / 'layers/core'}",
            **deployed.emulator.environment(),
        },
        timeout=_PUBLISH_SECONDS,
    )
    if done.returncode:
        raise Failed(f"switchboard playbook publish: {done.stdout[-1500:]}")
    return done.stdout


def _playbook(stand_ins: str, doors: str) -> Playbook:
    """The demo's, with its secrets in Parameter Store and its providers at the stand-ins."""
    text = (ROOT / "playbooks" / f"{BRANCH}.yaml").read_text(encoding="utf-8")
    for variable in SECRETS:
        text = text.replace(f"env:{variable}", f"ssm:{_parameter(variable)}")
    return with_sandbox(Playbook.model_validate(yaml.safe_load(text)), stand_ins, doors)


def _parameter(variable: str) -> str:
    return _PARAMETERS + variable.removeprefix("DEMO_").lower().replace("_", "-")


class Providers:
    """The stand-ins' control: what managers and workers do, and what they see."""

    def __init__(self, url: str) -> None:
        self._client = httpx.Client(base_url=f"{url}/control", timeout=30)

    def call(self, verb: str, path: str, body: Mapping[str, Any] | None = None) -> Json:
        answer = self._client.request(verb, path, json=body)
        answer.raise_for_status()
        shown: Json = answer.json()
        return shown

    def new_deal(self) -> str:
        """A deal at the stage where workers are sought; amoCRM sends its webhook."""
        said = self.call("POST", "/deals", {"count": 1, "stage": "search"})
        return str(said["ids"][0])

    def deal(self, number: str) -> Json:
        return self.call("GET", f"/deals/{number}")

    def workers(self, count: int) -> list[int]:
        said = self.call("POST", "/telegram/workers", {"count": count, "started": True})
        return [user["id"] for user in said["users"]]

    def press(self, users: list[int], data: str) -> list[str]:
        """All at once, under the last post in the group; what each was told in Telegram's answer.

        Who was told nothing in time stands there as "".
        """
        said = self.call("POST", "/presses", {"users": users, "data": data, "wait": 20})
        return [(one["answer"] or {}).get("text", "") for one in said["presses"]]

    def chats(self) -> dict[int, Json]:
        return {chat["id"]: chat for chat in self.call("GET", "/telegram/chats")["chats"]}

    def claim_button(self, group: int, deal: str) -> str:
        """What the claim button under the deal's post in the group says; "" where there is none."""
        for message in self.chats()[group]["messages"]:
            for row in message.get("reply_markup", {}).get("inline_keyboard", []):
                for button in row:
                    said: str = button.get("callback_data", "")
                    if said.startswith("claim:") and said.split(":")[1].endswith(f"-{deal}"):
                        return said
        return ""
