"""The stack as the AWS APIs show it."""

import json
import time
from collections.abc import Callable, Iterator
from functools import cached_property
from typing import Any, NamedTuple, TypeVar

import boto3
from botocore.config import Config

from tests.deploy.emulator import Emulator
from tests.deploy.report import Failed, hold

Json = dict[str, Any]
T = TypeVar("T")
_ROUTE_FUNCTION = "/functions/${"


class Answer(NamedTuple):
    """What an invocation came to; `error` is Lambda's word for an exception, else empty."""

    payload: Any
    error: str


def eventually(
    read: Callable[[], T], seconds: float, what: Callable[[], str], pause: float = 0.2
) -> T:
    """What `read` gives, once it is true. Raises Failed when that takes longer."""
    deadline = time.monotonic() + seconds
    while not (found := read()):
        if time.monotonic() > deadline:
            raise Failed(f"not within {seconds:.0f} s: {what()}")
        time.sleep(pause)
    return found


class Deployed:
    """One stack. Physical names are asked for anew after each deployment."""

    def __init__(self, emulator: Emulator, stack: str) -> None:
        self.emulator = emulator
        self.stack = stack
        self._clients: dict[str, Any] = {}
        self._resources: dict[str, tuple[str, str]] = {}

    def client(self, service: str) -> Any:
        if service not in self._clients:
            make: Any = boto3.client
            self._clients[service] = make(
                service,
                endpoint_url=self.emulator.url,
                region_name=self.emulator.region,
                aws_access_key_id=self.emulator.environment()["AWS_ACCESS_KEY_ID"],
                aws_secret_access_key=self.emulator.environment()["AWS_SECRET_ACCESS_KEY"],
                # An invocation is not idempotent, and a cold one takes its time.
                config=Config(retries={"total_max_attempts": 1}, read_timeout=60),
            )
        return self._clients[service]

    def status(self) -> str:
        found = self.client("cloudformation").describe_stacks(StackName=self.stack)
        return str(found["Stacks"][0]["StackStatus"])

    @cached_property
    def outputs(self) -> dict[str, str]:
        found = self.client("cloudformation").describe_stacks(StackName=self.stack)["Stacks"][0]
        return {one["OutputKey"]: one["OutputValue"] for one in found["Outputs"]}

    def refresh(self) -> None:
        said = self.client("cloudformation").describe_stack_resources(StackName=self.stack)
        self._resources = {
            one["LogicalResourceId"]: (one["ResourceType"], one["PhysicalResourceId"])
            for one in said["StackResources"]
        }

    @property
    def size(self) -> int:
        return len(self._resources)

    def physical(self, logical: str) -> str:
        return self._resources[logical][1]

    def of_type(self, kind: str) -> dict[str, str]:
        """Logical id → physical id."""
        found = self._resources.items()
        return {logical: physical for logical, (one, physical) in found if one == kind}

    def function(self, logical: str) -> Json:
        """The function's configuration as Lambda has it."""
        name = self.physical(logical)
        found: Json = self.client("lambda").get_function_configuration(FunctionName=name)
        return found

    def code(self) -> dict[str, str]:
        """The checksum of each function's code, by logical id."""
        names = self.of_type("AWS::Lambda::Function")
        return {logical: self.function(logical)["CodeSha256"] for logical in names}

    def invoke(self, logical: str, event: Json) -> Answer:
        """Through the Lambda API, and waits for the answer."""
        said = self.client("lambda").invoke(
            FunctionName=self.physical(logical), Payload=json.dumps(event).encode()
        )
        return Answer(json.loads(said["Payload"].read() or b"null"), said.get("FunctionError", ""))

    def log_lines(self, logical: str) -> Iterator[str]:
        """What the function has written into the group that the template gives it."""
        group = self.function(logical)["LoggingConfig"]["LogGroup"]
        pages = self.client("logs").get_paginator("filter_log_events")
        for page in pages.paginate(logGroupName=group):
            yield from (one["message"] for one in page["events"])

    def messages(self, queue: str) -> int:
        """How many lie in the queue of this output, wherever they are."""
        kinds = [f"ApproximateNumberOfMessages{kind}" for kind in ("", "NotVisible", "Delayed")]
        said = self.client("sqs").get_queue_attributes(
            QueueUrl=self.outputs[queue], AttributeNames=kinds
        )
        return sum(int(said["Attributes"][kind]) for kind in kinds)


def routes(deployed: Deployed) -> tuple[str, int]:
    """The doors' address, and how many routes had to be made for it.

    The emulator makes none from the OpenAPI document in which SAM writes them down, so they are
    made one by one, through API Gateway's own API, from the very document that was deployed.
    """
    api = deployed.physical("Api")
    gateway = deployed.client("apigatewayv2")
    made = 0
    if not gateway.get_routes(ApiId=api)["Items"]:
        for key, function in _written_down(deployed):
            integration = gateway.create_integration(
                ApiId=api,
                IntegrationType="AWS_PROXY",
                IntegrationUri=deployed.function(function)["FunctionArn"],
                PayloadFormatVersion="2.0",
            )
            target = f"integrations/{integration['IntegrationId']}"
            gateway.create_route(ApiId=api, RouteKey=key, Target=target)
            made += 1
    return f"{deployed.emulator.url}/_aws/execute-api/{api}/$default", made


def _written_down(deployed: Deployed) -> Iterator[tuple[str, str]]:
    """(route key, logical id of the function) of every route in the API's document."""
    said = deployed.client("cloudformation").get_template(
        StackName=deployed.stack, TemplateStage="Processed"
    )["TemplateBody"]
    template = said if isinstance(said, dict) else json.loads(said)
    for path, verbs in template["Resources"]["Api"]["Properties"]["Body"]["paths"].items():
        for verb, operation in verbs.items():
            uri = operation["x-amazon-apigateway-integration"]["uri"]["Fn::Sub"]
            hold(_ROUTE_FUNCTION in uri, f"{path} leads to {uri}")
            yield f"{verb.upper()} {path}", uri.split(_ROUTE_FUNCTION)[1].split(".")[0]
