"""template.yaml as CloudFormation sees it after the SAM transform, in words that tests compare.

Intrinsic functions stay unresolved but become plain text: ``!Ref JobsTable`` is ``JobsTable``,
``!GetAtt JobsTable.Arn`` is ``JobsTable.Arn``, ``!Sub "${JobsTable.Arn}/index/x"`` is its text.
"""

import copy
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import boto3
from samtranslator.parser.parser import Parser
from samtranslator.translator.translator import Translator
from samtranslator.yaml_helper import yaml_parse

TEMPLATE = Path(__file__).parents[2] / "template.yaml"


def spelled(value: Any) -> Any:
    """Return the value with every intrinsic function replaced by its short text."""
    if isinstance(value, list):
        return [spelled(entry) for entry in value]
    if not isinstance(value, dict):
        return value
    if len(value) == 1:
        [(name, argument)] = value.items()
        if name == "Ref":
            return argument
        if name == "Fn::GetAtt":
            return argument if isinstance(argument, str) else ".".join(argument)
        if name == "Fn::Sub":
            return argument
    return {name: spelled(entry) for name, entry in value.items()}


@dataclass(frozen=True)
class Grant:
    """One action on one resource, with the condition under which it is allowed."""

    action: str
    resource: str
    condition: str = ""


class Expanded:
    """The resources of the expanded template by logical id."""

    def __init__(self, resources: dict[str, dict[str, Any]]) -> None:
        self.resources = resources

    def of_type(self, kind: str) -> dict[str, dict[str, Any]]:
        """Return logical id → properties of every resource of one CloudFormation type."""
        return {
            name: resource.get("Properties", {})
            for name, resource in self.resources.items()
            if resource["Type"] == kind
        }

    def properties(self, name: str) -> dict[str, Any]:
        """Return the properties of one resource."""
        found: dict[str, Any] = self.resources[name]["Properties"]
        return found

    def environment(self, function: str) -> dict[str, str]:
        """Return the environment of a function, references by their short text."""
        found: dict[str, str] = self.properties(function)["Environment"]["Variables"]
        return found

    def grants(self, role: str) -> set[Grant]:
        """Return everything that a role allows."""
        return {
            Grant(action, resource, _condition(statement))
            for policy in self.properties(role)["Policies"]
            for statement in policy["PolicyDocument"]["Statement"]
            for action in _listed(statement["Action"])
            for resource in _listed(statement["Resource"])
        }

    def source_mapping(self, function: str) -> dict[str, Any]:
        """Return the one event source mapping of a function."""
        [mapping] = [
            mapping
            for mapping in self.of_type("AWS::Lambda::EventSourceMapping").values()
            if mapping["FunctionName"] == function
        ]
        return mapping


def expand() -> Expanded:
    """Run the SAM transform on template.yaml; needs no network and no credentials."""
    template = yaml_parse(TEMPLATE.read_text("utf-8"))
    for resource in template["Resources"].values():
        for location in ("CodeUri", "ContentUri"):
            if location in resource.get("Properties", {}):
                # The transform takes packed code alone: as if each folder had been uploaded.
                resource["Properties"][location] = f"s3://code/{resource['Properties'][location]}"
    session = boto3.Session(region_name="eu-central-1")
    translator = Translator({}, Parser(), boto_session=session)
    cloudformation = translator.translate(copy.deepcopy(template), parameter_values={})
    return Expanded(
        {name: spelled(resource) for name, resource in cloudformation["Resources"].items()}
    )


def _listed(value: str | list[str]) -> list[str]:
    return [value] if isinstance(value, str) else value


def _condition(statement: dict[str, Any]) -> str:
    return " and ".join(
        f"{key} {operator} {value}"
        for operator, keys in statement.get("Condition", {}).items()
        for key, value in keys.items()
    )
