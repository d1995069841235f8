"""The template that `sam build` wrote, as it goes to the emulator."""

import json
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from samtranslator.yaml_helper import yaml_parse

from tests.deploy.places import BUILT
from tests.deploy.report import Failed

Template = dict[str, Any]
_DEFAULT_GROUP = (
    "arn:${AWS::Partition}:scheduler:${AWS::Region}:${AWS::AccountId}:schedule/default/*"
)


def built_template() -> Template:
    """With absolute paths, so that it can be deployed from anywhere."""
    written = BUILT / "template.yaml"
    if not written.is_file():
        raise Failed("nothing is built: run make build")
    template: Template = yaml_parse(written.read_text(encoding="utf-8"))
    for resource in template["Resources"].values():
        properties = resource.get("Properties", {})
        for path in ("CodeUri", "ContentUri"):
            if path in properties:
                properties[path] = str(BUILT / properties[path])
    return template


def without_metric_math(template: Template) -> list[str]:
    """Takes out the alarms that the emulator refuses, and says which they were."""
    resources = template["Resources"]
    refused = [
        name
        for name, resource in resources.items()
        if resource["Type"] == "AWS::CloudWatch::Alarm" and "Metrics" in resource["Properties"]
    ]
    for name in refused:
        del resources[name]
    return refused


def with_the_emulators_rights(template: Template) -> list[str]:
    """Gives roles what the emulator asks beyond AWS, and says which rights those are.

    In AWS the permission to send is that for batches too, and no other exists (Amazon SQS API
    Reference, AddPermission). And a schedule is authorized in its group there, where the emulator
    looks at the default group whatever the request says.
    """
    added = set()
    for statement in _statements(template):
        if "sqs:SendMessage" in statement["Action"]:
            statement["Action"] = [*statement["Action"], "sqs:SendMessageBatch"]
            added.add("sqs:SendMessageBatch")
        if "scheduler:CreateSchedule" in statement["Action"]:
            statement["Resource"] = [
                statement["Resource"],
                {"Fn::Sub": _DEFAULT_GROUP},
            ]
            added.add("scheduler:CreateSchedule in the default group")
    return sorted(added)


def _statements(template: Template) -> Iterator[dict[str, Any]]:
    for resource in template["Resources"].values():
        if resource["Type"] == "AWS::IAM::Role":
            for policy in resource["Properties"]["Policies"]:
                yield from policy["PolicyDocument"]["Statement"]


def with_folders(template: Template, folders: Mapping[str, Path]) -> Template:
    """A copy in which these functions and layers are taken from other folders."""
    copy: Template = json.loads(json.dumps(template))
    for name, folder in folders.items():
        properties = copy["Resources"][name]["Properties"]
        properties["ContentUri" if "ContentUri" in properties else "CodeUri"] = str(folder)
    return copy


def written(template: Template, folder: Path, name: str) -> Path:
    path = folder / f"{name}.json"
    path.write_text(json.dumps(template), encoding="utf-8")
    return path


def only_layer(template: Template) -> str:
    """The logical id of the one layer."""
    [name] = _of(template, "AWS::Serverless::LayerVersion")
    return name


def function_names(template: Template) -> list[str]:
    return _of(template, "AWS::Serverless::Function")


def _of(template: Template, kind: str) -> list[str]:
    return [name for name, one in template["Resources"].items() if one["Type"] == kind]
