"""The demo's playbook: flawless, and about the same people and numbers as the sandbox."""

from pathlib import Path

from cli.stand_ins import SANDBOX
from sandbox import settings as sandbox
from switchboard.playbook.findings import Finding
from switchboard.playbook.lint import examine
from switchboard.playbook.model import Amocrm, OAuth, Playbook
from switchboard.playbook.rules.secrets import sources

DEMO = Path(__file__).parents[2] / "playbooks" / "demo.yaml"
SECRETS = {
    "DEMO_TELEGRAM_TOKEN",
    "DEMO_TELEGRAM_SECRET",
    "DEMO_AMOCRM_SECRET",
    "DEMO_AMOCRM_CLIENT_ID",
    "DEMO_AMOCRM_CLIENT_SECRET",
    "DEMO_AMOCRM_REFRESH_TOKEN",
}


def test_there_is_nothing_to_find() -> None:
    set_ones = dict.fromkeys(SECRETS, "set")
    found: tuple[Finding, ...] = examine(DEMO.read_text(), environment=set_ones).findings
    assert found == ()


def test_its_secrets_are_those_of_the_demo(playbook: Playbook) -> None:
    assert {source for _, source in sources(playbook)} == {f"env:{name}" for name in SECRETS}


def test_it_speaks_with_the_sandbox(playbook: Playbook) -> None:
    for provider in (playbook.telegram, playbook.crm):
        assert provider.base_url.startswith(f"http://{SANDBOX}/")


def test_its_numbers_are_the_sandboxs(playbook: Playbook) -> None:
    there = sandbox.SandboxSettings()
    crm = playbook.crm
    assert isinstance(crm, Amocrm)
    assert playbook.branch == there.branch
    assert playbook.telegram.bot == there.bot_username
    assert crm.pipeline == there.pipeline_id
    for ours, key in (
        (crm.stages.search, "search"), (crm.stages.done, "done"), (crm.stages.lost, "lost"),
        ((crm.claimed_stage,), "in_work"),
    ):  # fmt: skip
        assert ours == (str(there.stage(key).id),)
    for key, number in crm.fields.model_dump().items():
        assert number == there.field(key).id
    assert isinstance(crm.auth, OAuth)
    assert crm.auth.redirect_uri == there.amocrm_redirect_uri


def test_its_people_are_the_sandboxs(playbook: Playbook) -> None:
    there = sandbox.SandboxSettings()
    dispatch = playbook.dispatching
    assert dispatch.workers_chat == there.group_id
    assert dispatch.manager_chat == there.manager.id
    names = {person.id: f"{person.first_name} {person.last_name}" for person in there.workers}
    users = {str(user.id): user.name for user in there.crm_users}
    assert dispatch.workers
    for worker in dispatch.workers:
        assert worker.telegram is not None
        assert names[worker.telegram] == users[worker.crm_user]
