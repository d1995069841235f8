"""The demo's second playbook: the chain of tyre services as the sandbox has it."""

from pathlib import Path

import pytest

from cli.sandbox_process import BRANCH_SECRETS
from cli.stand_ins import DOORS, SANDBOX
from sandbox.onec.settings import OneCSettings
from sandbox.settings import SandboxSettings
from sandbox.settings_tyres import TyresSettings
from sandbox.sms.settings import SmsSettings
from sandbox.whatsapp.settings import WhatsAppSettings
from switchboard.playbook.lint import Examined, examine, examine_all
from switchboard.playbook.model import Bitrix24, OnecHttp, Playbook
from switchboard.playbook.rules.secrets import sources

FOLDER = Path(__file__).parents[2] / "playbooks"
TYRES = FOLDER / "tyres.yaml"
SECRETS = set(BRANCH_SECRETS["tyres"])


@pytest.fixture(scope="module")
def examined() -> Examined:
    return examine(TYRES.read_text(), environment=dict.fromkeys(SECRETS, "set"))


@pytest.fixture(scope="module")
def tyres(examined: Examined) -> Playbook:
    assert examined.playbook is not None
    return examined.playbook


def test_it_is_warned_of_the_bonus_and_of_nothing_else(examined: Examined) -> None:
    found = {(one.code, one.where) for one in examined.findings}
    assert found == {
        ("site-rule", "reviews.sites.0.bonus"),
        ("site-rule-unsure", "reviews.sites.0.ask"),
    }
    assert examined.good


def test_both_playbooks_may_be_published_together() -> None:
    assert [one.good for one in examine_all([FOLDER])] == [True, True]


def test_its_secrets_are_those_of_the_demo(tyres: Playbook) -> None:
    assert {source for _, source in sources(tyres)} == {f"env:{name}" for name in SECRETS}


def test_it_speaks_with_the_sandbox(tyres: Playbook) -> None:
    assert tyres.whatsapp
    assert tyres.sms
    assert tyres.loyalty
    for provider in (tyres.telegram, tyres.crm, tyres.whatsapp, tyres.sms, tyres.loyalty):
        assert provider.base_url.startswith(f"http://{SANDBOX}/")
    assert tyres.reviewing.public_url == f"http://{DOORS}"
    pages = [site.url for site in tyres.reviewing.sites]
    assert pages == [f"http://{SANDBOX}/reviews/{name}" for name in ("yandex", "google")]


def test_its_account_is_the_sandboxs(tyres: Playbook) -> None:
    there = TyresSettings()
    crm = tyres.crm
    assert isinstance(crm, Bitrix24)
    assert tyres.branch == there.branch
    assert tyres.telegram.bot == SandboxSettings().tyres_bot.username
    assert crm.user == there.bitrix24_user_id
    assert crm.fields.category == there.deal_field("category").name
    assert crm.fields.timezone == there.deal_field("time_zone").name
    for question, field in crm.results.scores.items():
        assert field == there.deal_field(question).name
    for name in ("average", "variant", "answers", "bonus", "review"):
        assert getattr(crm.results, name) == there.deal_field(name).name
    assert crm.results.balance == there.contact_field("balance").name


def test_its_stages_and_services_are_the_sandboxs(tyres: Playbook) -> None:
    there = TyresSettings()
    reviews, bonus = tyres.reviewing, tyres.reviewing.bonus
    assert bonus is not None
    used = (*reviews.survey.stages, *bonus.stages, *bonus.spent_stages, *bonus.lost_stages,
            *tyres.crm.stages.done, *tyres.crm.stages.lost)  # fmt: skip
    for stage in used:
        assert there.stage(stage).category == 0
    services = {name for _, name in there.deal_field("category").items}
    assert set(bonus.categories) < services
    assert reviews.low.owner in {str(user.id) for user in there.users}


def test_its_templates_are_approved_with_as_many_variables(tyres: Playbook) -> None:
    there = WhatsAppSettings()
    approved = {template.name: template for template in there.templates}
    assert tyres.whatsapp is not None
    assert tyres.whatsapp.phone_id == there.phone_id
    for template in tyres.whatsapp.templates.values():
        known = approved[template.name]
        assert template.language == known.language
        assert known.body.count("{{") == len(template.parameters)


def test_the_sms_have_a_registered_sender(tyres: Playbook) -> None:
    assert tyres.sms is not None
    assert tyres.sms.sender == SmsSettings().sender


def test_its_bonuses_go_to_the_sandboxs_service(tyres: Playbook) -> None:
    assert isinstance(tyres.loyalty, OnecHttp)
    assert tyres.loyalty.base_url.endswith("/onec/hs/loyalty")
    assert OneCSettings().branch == tyres.branch
