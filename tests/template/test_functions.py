"""How each function runs: its runtime, its environment, its log, and how long it may take."""

import pytest

from switchboard.runtime import (
    wiring_click,
    wiring_doors,
    wiring_survey,
    wiring_whatsapp,
    wiring_workers,
)
from switchboard.runtime.settings import Settings
from tests.template.expanded import TEMPLATE, Expanded

FOLDERS = {
    "TelegramWebhook": "telegram_webhook",
    "CrmWebhook": "crm_webhook",
    "WhatsappWebhook": "whatsapp_webhook",
    "Click": "click",
    "Survey": "survey",
    "Health": "health",
    "Inbox": "inbox",
    "Sender": "sender",
    "Timer": "timer",
    "Sweeper": "sweeper",
}


SETTINGS: dict[str, type[Settings] | None] = {
    "TelegramWebhook": wiring_doors.TelegramDoorSettings,
    "CrmWebhook": wiring_doors.CrmDoorSettings,
    "WhatsappWebhook": wiring_whatsapp.WhatsappDoorSettings,
    "Click": wiring_click.ClickDoorSettings,
    "Survey": wiring_survey.SurveyDoorSettings,
    "Health": None,
    "Inbox": wiring_workers.InboxSettings,
    "Sender": wiring_workers.SenderSettings,
    "Timer": wiring_workers.TimerSettings,
    "Sweeper": wiring_workers.SweeperSettings,
}
RESOURCES = {
    "JOBS_TABLE": "JobsTable",
    "SESSIONS_TABLE": "SessionsTable",
    "SURVEYS_TABLE": "SurveysTable",
    "LEDGER_TABLE": "LedgerTable",
    "LINKS_TABLE": "LinksTable",
    "CLIENTS_TABLE": "ClientsTable",
    "SETTINGS_TABLE": "SettingsTable",
    "DELIVERIES_TABLE": "DeliveriesTable",
    "JOURNAL_TABLE": "JournalTable",
    "INBOX_QUEUE_URL": "InboxQueue",
    "OUTBOUND_QUEUE_URL": "OutboundQueue",
    "TIMER_QUEUE_URL": "TimerQueue",
    "TIMER_QUEUE_ARN": "TimerQueue.Arn",
    "SCHEDULER_ROLE_ARN": "SchedulerRole.Arn",
    "SCHEDULER_GROUP": "TimerSchedules",
}


@pytest.mark.parametrize("name", FOLDERS)
def test_the_environment_is_what_the_settings_model_reads(expanded: Expanded, name: str) -> None:
    settings = SETTINGS[name]
    read = [field.upper() for field in settings.model_fields] if settings else []
    assert expanded.environment(f"{name}Function") == {
        "POWERTOOLS_SERVICE_NAME": FOLDERS[name],
        "POWERTOOLS_METRICS_NAMESPACE": "AWS::StackName",
        **{variable: RESOURCES[variable] for variable in read},
        **({"PTB_TIMEDELTA": "true"} if name == "Sender" else {}),
    }


@pytest.mark.parametrize("name", FOLDERS)
def test_a_function_runs_on_the_chosen_platform(expanded: Expanded, name: str) -> None:
    function = expanded.properties(f"{name}Function")
    assert function["Runtime"] == "python3.13"
    assert function["Architectures"] == ["arm64"]
    assert function["Handler"] == "handler.handler"
    assert function["TracingConfig"] == {"Mode": "PassThrough"}
    [layer] = function["Layers"]
    assert expanded.resources[layer]["Type"] == "AWS::Lambda::LayerVersion"
    # API Gateway gives up after 30 s, so a longer time-out would only hide a hang.
    assert function["Timeout"] <= {"Sweeper": 50}.get(name, 30)


@pytest.mark.parametrize("name", FOLDERS)
def test_logs_are_structured_kept_for_a_while_and_apart(expanded: Expanded, name: str) -> None:
    logging = expanded.properties(f"{name}Function")["LoggingConfig"]
    assert logging == {"LogFormat": "JSON", "LogGroup": f"{name}Logs"}
    assert expanded.properties(f"{name}Logs")["RetentionInDays"] == "LogRetentionDays"


def test_the_sweeper_ends_before_the_next_one_starts(expanded: Expanded) -> None:
    assert expanded.properties("SweeperFunction")["Timeout"] < 60
    [invocation] = expanded.of_type("AWS::Lambda::EventInvokeConfig").values()
    assert invocation["FunctionName"] == "SweeperFunction"
    assert invocation["MaximumRetryAttempts"] == 0


def test_every_folder_of_functions_is_deployed_and_built_by_a_makefile(expanded: Expanded) -> None:
    deployed = {
        name: function["Code"]["S3Key"]
        for name, function in expanded.of_type("AWS::Lambda::Function").items()
    }
    assert deployed == {
        f"{name}Function": f"functions/{folder}/" for name, folder in FOLDERS.items()
    }
    functions = TEMPLATE.parent / "functions"
    makefiles = {makefile.parent.name for makefile in functions.glob("*/Makefile")}
    handlers = {handler.parent.name for handler in functions.glob("*/handler.py")}
    assert makefiles == handlers == set(FOLDERS.values())
