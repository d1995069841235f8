"""CloudFormation's intrinsic functions, with every name resolved on this box."""

import re
from collections.abc import Callable, Mapping
from typing import Any

from selfhosted.errors import TemplateError
from selfhosted.locality import ACCOUNT, PARTITION, REGION, arn, queue_arn, queue_url

PLACEHOLDER = re.compile(r"\$\{([^!][^}]*)\}")

_NAME_PROPERTY = {
    "AWS::DynamoDB::Table": "TableName",
    "AWS::SQS::Queue": "QueueName",
    "AWS::Lambda::Function": "FunctionName",
    "AWS::Scheduler::ScheduleGroup": "Name",
    "AWS::Scheduler::Schedule": "Name",
    "AWS::Logs::LogGroup": "LogGroupName",
    "AWS::IAM::Role": "RoleName",
}

_ARN: dict[str, Callable[[str], str]] = {
    "AWS::DynamoDB::Table": lambda name: arn("dynamodb", f"table/{name}"),
    "AWS::SQS::Queue": queue_arn,
    "AWS::Lambda::Function": lambda name: arn("lambda", f"function:{name}"),
    "AWS::Scheduler::ScheduleGroup": lambda name: arn("scheduler", f"schedule-group/{name}"),
    "AWS::Scheduler::Schedule": lambda name: arn("scheduler", f"schedule/default/{name}"),
    "AWS::Logs::LogGroup": lambda name: arn("logs", f"log-group:{name}"),
    "AWS::IAM::Role": lambda name: arn("iam", f"role/{name}"),
}


class Resolver:
    """Resolves values of one template.

    `endpoint` is the URL under which the host serves queues; `parameters` override defaults.
    """

    def __init__(
        self,
        template: Mapping[str, Any],
        *,
        stack: str,
        endpoint: str,
        parameters: Mapping[str, str],
    ) -> None:
        self._resources: Mapping[str, Any] = template.get("Resources", {})
        self._mappings: Mapping[str, Any] = template.get("Mappings", {})
        self._conditions: Mapping[str, Any] = template.get("Conditions", {})
        self._endpoint = endpoint
        self._values: dict[str, Any] = {
            "AWS::AccountId": ACCOUNT,
            "AWS::Partition": PARTITION,
            "AWS::Region": REGION,
            "AWS::StackName": stack,
            "AWS::StackId": arn("cloudformation", f"stack/{stack}"),
            "AWS::URLSuffix": "localhost",
            "AWS::NoValue": None,
        }
        for name, parameter in template.get("Parameters", {}).items():
            value = parameters.get(name, parameter.get("Default"))
            if value is None:
                raise TemplateError(f"parameter {name} has no default and no value was given")
            self._values[name] = value

    def value(self, node: Any) -> Any:
        """`node` with every intrinsic function in it replaced by what it stands for."""
        if isinstance(node, list):
            return [self.value(item) for item in node]
        if not isinstance(node, dict):
            return node
        if len(node) == 1:
            (key, argument) = next(iter(node.items()))
            if key == "Ref" or key.startswith("Fn::") or key == "Condition":
                return self._function(key, argument)
        return {key: self.value(item) for key, item in node.items()}

    def name(self, logical_id: str) -> str:
        """The physical name of a resource: the one that it was given, else its logical id."""
        resource = self._resources[logical_id]
        given = resource.get("Properties", {}).get(_NAME_PROPERTY.get(resource["Type"], ""))
        return logical_id if given is None else str(self.value(given))

    def included(self, resource: Mapping[str, Any]) -> bool:
        """Whether the resource's condition, if it has one, holds."""
        condition = resource.get("Condition")
        return condition is None or self._condition(condition)

    def _function(self, key: str, argument: Any) -> Any:
        functions: dict[str, Callable[[Any], Any]] = {
            "Ref": self._ref,
            "Fn::GetAtt": self._get_att,
            "Fn::Sub": self._sub,
            "Fn::Join": lambda a: str(a[0]).join(
                str(self.value(part)) for part in self.value(a[1])
            ),
            "Fn::Select": lambda a: self.value(a[1])[int(self.value(a[0]))],
            "Fn::Split": lambda a: str(self.value(a[1])).split(a[0]),
            "Fn::If": lambda a: self.value(a[1] if self._condition(a[0]) else a[2]),
            "Fn::Equals": lambda a: self.value(a[0]) == self.value(a[1]),
            "Fn::Not": lambda a: not self.value(a[0]),
            "Fn::And": lambda a: all(self.value(part) for part in a),
            "Fn::Or": lambda a: any(self.value(part) for part in a),
            "Fn::FindInMap": self._find_in_map,
            "Condition": self._condition,
        }
        if key not in functions:
            raise TemplateError(f"the template uses {key}, which the host does not know")
        return functions[key](argument)

    def _condition(self, name: str) -> bool:
        return bool(self.value(self._conditions[name]))

    def _find_in_map(self, argument: list[Any]) -> Any:
        table, row, column = (self.value(part) for part in argument)
        return self._mappings[table][row][column]

    def _ref(self, name: str) -> Any:
        if name in self._values:
            return self._values[name]
        if name not in self._resources:
            raise TemplateError(f"the template refers to {name}, which it does not define")
        physical = self.name(name)
        # Ref of a queue is its URL, of everything else here its name.
        is_queue = self._resources[name]["Type"] == "AWS::SQS::Queue"
        return queue_url(self._endpoint, physical) if is_queue else physical

    def _get_att(self, argument: list[str] | str) -> Any:
        parts = argument.split(".", 1) if isinstance(argument, str) else argument
        logical_id, attribute = parts[0], parts[1]
        if logical_id not in self._resources:
            raise TemplateError(f"the template refers to {logical_id}, which it does not define")
        kind = self._resources[logical_id]["Type"]
        physical = self.name(logical_id)
        if attribute == "Arn" and kind in _ARN:
            return _ARN[kind](physical)
        if kind == "AWS::SQS::Queue" and attribute == "QueueName":
            return physical
        if kind == "AWS::SQS::Queue" and attribute == "QueueUrl":
            return queue_url(self._endpoint, physical)
        return f"{physical}.{attribute}"

    def _sub(self, argument: list[Any] | str) -> str:
        text, extra = (argument, {}) if isinstance(argument, str) else argument

        def replacement(match: re.Match[str]) -> str:
            name = match[1].strip()
            if name in extra:
                return str(self.value(extra[name]))
            return str(self._get_att(name) if "." in name else self._ref(name))

        return PLACEHOLDER.sub(replacement, text).replace("${!", "${")
