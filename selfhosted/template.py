"""What a template declares, as far as the host can serve it."""

import json
import os
import subprocess
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from selfhosted.errors import TemplateError
from selfhosted.intrinsics import Resolver
from selfhosted.locality import last_part

HTTP_METHODS = frozenset({"get", "post", "put", "patch", "delete", "head", "options"})
ANY_METHOD = "x-amazon-apigateway-any-method"


@dataclass(frozen=True, slots=True)
class Function:
    """One Lambda function; `folder` is its source, times in seconds, memory in MB."""

    name: str
    folder: Path
    handler: str
    timeout: int
    memory: int
    environment: Mapping[str, str]
    reserved: int | None
    json_logs: bool


@dataclass(frozen=True, slots=True)
class Route:
    """`method` is upper case or ANY; `path` as in OpenAPI, with {name} and {name+}."""

    method: str
    path: str
    function: str


@dataclass(frozen=True, slots=True)
class Redrive:
    dead_letters: str
    max_receives: int


@dataclass(frozen=True, slots=True)
class Queue:
    """One queue, times in seconds."""

    name: str
    fifo: bool
    delay: int
    visibility: int
    retention: int
    content_deduplication: bool
    deduplicates_per_group: bool
    redrive: Redrive | None


@dataclass(frozen=True, slots=True)
class EventSource:
    """A queue that feeds a function. `partial`: the function reports the items that failed."""

    queue: str
    function: str
    batch_size: int
    partial: bool
    concurrency: int | None


@dataclass(frozen=True, slots=True)
class Schedule:
    """A function called by the clock; `input` is the event's JSON, None for the service's own."""

    name: str
    expression: str
    function: str
    input: str | None


@dataclass(frozen=True, slots=True)
class Table:
    """`request` is the CreateTable request, `ttl` the attribute with the time of expiry."""

    name: str
    request: Mapping[str, Any]
    ttl: str | None


@dataclass(frozen=True, slots=True)
class Application:
    functions: tuple[Function, ...]
    layers: tuple[Path, ...]
    routes: tuple[Route, ...]
    queues: tuple[Queue, ...]
    event_sources: tuple[EventSource, ...]
    schedules: tuple[Schedule, ...]
    tables: tuple[Table, ...]
    outputs: Mapping[str, str]


def expanded(path: Path) -> dict[str, Any]:
    """The template at `path` as plain CloudFormation, by a program of its own (about 1 s)."""
    if not path.is_file():
        raise TemplateError(f"there is no template at {path}", exit_code=2)
    run = subprocess.run(  # noqa: S603 - our own module under our own interpreter
        [sys.executable, "-m", "selfhosted.expand", str(path)],
        capture_output=True,
        text=True,
        env={**os.environ, "PYTHONPATH": str(Path(__file__).parent.parent)},
        check=False,
    )
    if run.returncode != 0:
        reason = (run.stderr.strip() or "no reason given").splitlines()[-1]
        raise TemplateError(f"{path} cannot be expanded: {reason}")
    template: dict[str, Any] = json.loads(run.stdout)
    return template


def read(
    template: Mapping[str, Any],
    root: Path,
    *,
    stack: str,
    endpoint: str,
    parameters: Mapping[str, str],
) -> Application:
    """The typed model of an expanded template whose folders are relative to `root`."""
    resolver = Resolver(template, stack=stack, endpoint=endpoint, parameters=parameters)
    return _Reader(template, root, resolver).application()


class _Reader:
    def __init__(self, template: Mapping[str, Any], root: Path, resolver: Resolver) -> None:
        self._template = template
        self._root = root
        self._resolver = resolver
        self._resources = {
            name: resource
            for name, resource in template.get("Resources", {}).items()
            if resolver.included(resource)
        }

    def application(self) -> Application:
        folders = self._template["Folders"]
        outputs = self._template.get("Outputs", {})
        return Application(
            functions=tuple(
                self._function(name, folders["functions"][name])
                for name, _ in self._of("AWS::Lambda::Function")
            ),
            layers=tuple(self._layer(folder) for folder in folders["layers"].values()),
            routes=tuple(
                route
                for _, properties in self._of("AWS::ApiGatewayV2::Api")
                for route in self._routes(properties)
            ),
            queues=tuple(self._queue(*item) for item in self._of("AWS::SQS::Queue")),
            event_sources=tuple(
                _event_source(properties)
                for _, properties in self._of("AWS::Lambda::EventSourceMapping")
                if properties.get("Enabled", True)
            ),
            schedules=(*self._schedules(), *self._rules()),
            tables=tuple(self._table(*item) for item in self._of("AWS::DynamoDB::Table")),
            outputs={
                name: str(self._resolver.value(output["Value"])) for name, output in outputs.items()
            },
        )

    def _of(self, kind: str) -> list[tuple[str, dict[str, Any]]]:
        return [
            (name, self._resolver.value(resource.get("Properties", {})))
            for name, resource in self._resources.items()
            if resource["Type"] == kind
        ]

    def _layer(self, folder: str) -> Path:
        """A layer's packages stand in `python/` once built and in the folder itself before."""
        path = (self._root / folder).resolve()
        return path / "python" if (path / "python").is_dir() else path

    def _function(self, logical_id: str, folder: str) -> Function:
        properties = self._resolver.value(self._resources[logical_id]["Properties"])
        variables = properties.get("Environment", {}).get("Variables", {})
        return Function(
            name=self._resolver.name(logical_id),
            folder=(self._root / folder).resolve(),
            handler=properties["Handler"],
            timeout=int(properties.get("Timeout", 3)),
            memory=int(properties.get("MemorySize", 128)),
            environment={name: str(value) for name, value in variables.items()},
            reserved=properties.get("ReservedConcurrentExecutions"),
            json_logs=properties.get("LoggingConfig", {}).get("LogFormat") == "JSON",
        )

    def _routes(self, properties: Mapping[str, Any]) -> list[Route]:
        return [
            Route(
                method="ANY" if method == ANY_METHOD else method.upper(),
                path=path,
                function=_invoked(operation["x-amazon-apigateway-integration"]["uri"]),
            )
            for path, operations in properties.get("Body", {}).get("paths", {}).items()
            for method, operation in operations.items()
            if method in HTTP_METHODS or method == ANY_METHOD
        ]

    def _queue(self, logical_id: str, properties: Mapping[str, Any]) -> Queue:
        redrive = properties.get("RedrivePolicy")
        return Queue(
            name=self._resolver.name(logical_id),
            fifo=bool(properties.get("FifoQueue", False)),
            delay=int(properties.get("DelaySeconds", 0)),
            visibility=int(properties.get("VisibilityTimeout", 30)),
            retention=int(properties.get("MessageRetentionPeriod", 345_600)),
            content_deduplication=bool(properties.get("ContentBasedDeduplication", False)),
            deduplicates_per_group=properties.get("DeduplicationScope") == "messageGroup",
            redrive=None
            if redrive is None
            else Redrive(
                last_part(redrive["deadLetterTargetArn"]), int(redrive["maxReceiveCount"])
            ),
        )

    def _schedules(self) -> list[Schedule]:
        return [
            Schedule(
                name=self._resolver.name(logical_id),
                expression=properties["ScheduleExpression"],
                function=last_part(properties["Target"]["Arn"]),
                input=properties["Target"].get("Input"),
            )
            for logical_id, properties in self._of("AWS::Scheduler::Schedule")
            if properties.get("State", "ENABLED") == "ENABLED"
        ]

    def _rules(self) -> list[Schedule]:
        return [
            Schedule(
                name=logical_id,
                expression=properties["ScheduleExpression"],
                function=last_part(target["Arn"]),
                input=target.get("Input"),
            )
            for logical_id, properties in self._of("AWS::Events::Rule")
            if "ScheduleExpression" in properties
            and properties.get("State", "ENABLED") == "ENABLED"
            for target in properties["Targets"]
        ]

    def _table(self, logical_id: str, properties: Mapping[str, Any]) -> Table:
        wanted = (
            "AttributeDefinitions",
            "KeySchema",
            "GlobalSecondaryIndexes",
            "LocalSecondaryIndexes",
        )
        name = self._resolver.name(logical_id)
        request = {key: properties[key] for key in wanted if key in properties}
        ttl = properties.get("TimeToLiveSpecification", {})
        return Table(
            name=name,
            request={"TableName": name, "BillingMode": "PAY_PER_REQUEST", **request},
            ttl=ttl.get("AttributeName") if ttl.get("Enabled") else None,
        )


def _event_source(properties: Mapping[str, Any]) -> EventSource:
    scaling = properties.get("ScalingConfig", {})
    return EventSource(
        queue=last_part(properties["EventSourceArn"]),
        function=last_part(properties["FunctionName"]),
        batch_size=int(properties.get("BatchSize", 10)),
        partial="ReportBatchItemFailures" in properties.get("FunctionResponseTypes", ()),
        concurrency=scaling.get("MaximumConcurrency"),
    )


def _invoked(uri: str) -> str:
    """The function's name in `…functions/arn:aws:lambda:…:function:NAME/invocations`."""
    return last_part(uri.removesuffix("/invocations"))
