"""What is deployed, and changed, and deleted again: each check goes on from the last one."""

import json
from pathlib import Path
from uuid import uuid4

import httpx

from tests.deploy import built, events, sam
from tests.deploy.branch import BRANCH
from tests.deploy.deployed import Deployed, eventually
from tests.deploy.errors import Errors
from tests.deploy.places import BUILT, LOCAL
from tests.deploy.report import hold

DOOR = "TelegramWebhookFunction"
_DOOR_ROLE = "TelegramWebhookRole"
_CHANGED = "HealthFunction"
_CHANGED_ANSWER = "changed"
_LIMIT_MB = 250
"""Of a function and its layers, unpacked (Lambda quotas)."""


class Deployments:
    """`template` is what `make build` wrote, as the emulator takes it."""

    def __init__(
        self, deployed: Deployed, template: built.Template, errors: Errors, folder: Path
    ) -> None:
        self._deployed = deployed
        self._built = template
        self._errors = errors
        self._folder = folder
        self._here = built.with_folders(template, {built.only_layer(template): LOCAL / "opt"})

    def create(self) -> str:
        self._deploy(self._built, "built", "CREATE_COMPLETE")
        return f"CREATE_COMPLETE, {self._deployed.size} resources; {self._sizes()}"

    def _sizes(self) -> str:
        """As S3 holds the packages, and as Lambda would unpack the largest of them."""
        s3 = self._deployed.client("s3")
        sizes = [
            one["Size"]
            for bucket in s3.list_buckets()["Buckets"]
            for one in s3.list_objects_v2(Bucket=bucket["Name"]).get("Contents", [])
            if not one["Key"].endswith(".template")
        ]
        layer = BUILT / built.only_layer(self._built)
        unpacked = sum(one.stat().st_size for one in layer.rglob("*") if one.is_file()) / 1e6
        hold(unpacked < _LIMIT_MB, f"the layer is {unpacked:.0f} MB unpacked")
        return f"layer {max(sizes) / 1e6:.1f} MB packed, {unpacked:.0f} MB unpacked"

    def replace_layer(self) -> str:
        before, code = self._layer(), self._deployed.code()
        self._deploy(self._here, "here", "UPDATE_COMPLETE")
        after = self._layer()
        hold(after != before, f"the layer is still {before}")
        for function in code:
            [layer] = self._deployed.function(function)["Layers"]
            hold(layer["Arn"] == after, f"{function} has {layer['Arn']}")
        hold(self._deployed.code() == code, "functions have changed, though only the layer did")
        return "UPDATE_COMPLETE; a new version of the layer, which every function has"

    def _layer(self) -> str:
        """The ARN of the layer's version. SAM gives each content a logical id of its own."""
        [arn] = self._deployed.of_type("AWS::Lambda::LayerVersion").values()
        return arn

    def _deploy(self, template: built.Template, name: str, expected: str) -> None:
        sam.deploy(built.written(template, self._folder, name), self._deployed.emulator)
        status = self._deployed.status()
        hold(status == expected, f"{status} instead of {expected}")
        self._deployed.refresh()

    def invoke(self) -> str:
        """Every function that the template has, each with an event of its own kind."""
        refused = {"error": "unauthorized"}
        crm = {"branch": BRANCH, "provider": "amocrm", "secret": BRANCH}
        expected = {
            "HealthFunction": (events.request("GET", "/health", {}), 200, {"status": "ok"}),
            "TelegramWebhookFunction": (
                events.request("POST", f"/telegram/{BRANCH}", {"branch": BRANCH}),
                401,
                refused,
            ),
            "CrmWebhookFunction": (events.request("POST", "/crm/x", crm), 401, refused),
            "WhatsappWebhookFunction": (
                events.request("POST", f"/whatsapp/{BRANCH}", {"branch": BRANCH}),
                401,
                refused,
            ),
            # Their answer is a page.
            "ClickFunction": (events.request("GET", "/r/x", {"code": "x"}), 404, None),
            "SurveyFunction": (events.request("GET", "/s/x", {"code": "x"}), 404, None),
        }
        functions = built.function_names(self._built)
        for name in functions:
            event, status, said = expected.get(name, ({"Records": []}, None, None))
            answer = self._deployed.invoke(name, event)
            hold(not answer.error, f"{name}: {answer.payload}")
            if status is not None:
                answered, body = answer.payload["statusCode"], answer.payload["body"]
                hold(answered == status, f"{name}: {answered} {body}")
                hold(said is None or json.loads(body) == said, f"{name}: {body}")
            elif name == "SweeperFunction":
                lines = list(self._deployed.log_lines(name))
                hold(any('"swept"' in line for line in lines), f"{name} has not swept: {lines}")
            else:
                hold(answer.payload == {"batchItemFailures": []}, f"{name}: {answer.payload}")
        return f"all {len(functions)} answer as they should, each in its own role"

    def take_role_away(self) -> str:
        """That roles are enforced at all: without its policy the door cannot read its table."""
        iam = self._deployed.client("iam")
        role = self._deployed.physical(_DOOR_ROLE)
        [policy] = iam.list_role_policies(RoleName=role)["PolicyNames"]
        document = iam.get_role_policy(RoleName=role, PolicyName=policy)["PolicyDocument"]
        iam.delete_role_policy(RoleName=role, PolicyName=policy)
        without = self._knock()
        iam.put_role_policy(RoleName=role, PolicyName=policy, PolicyDocument=json.dumps(document))
        self._errors.expect_those_so_far()
        hold(without != "", "the Telegram door works without its policy: nothing is enforced")
        again = self._knock()
        hold(again == "", f"the Telegram door does not work with its policy either: {again}")
        return "the Telegram door fails without its policy and works with it"

    def _knock(self) -> str:
        # A branch that nobody asked for yet: the door has to look into the settings table.
        branch = f"b{uuid4().hex[:8]}"
        event = events.request("POST", f"/telegram/{branch}", {"branch": branch})
        return self._deployed.invoke(DOOR, event).error

    def update(self, doors: str) -> str:
        """One function changes while a job is open."""
        source = BUILT / _CHANGED / "handler.py"
        changed = self._folder / "changed"
        changed.mkdir()
        text = source.read_text(encoding="utf-8")
        hold(text.count('"ok"') == 1, f"{_CHANGED} has no answer to change")
        new = text.replace('"ok"', f'"{_CHANGED_ANSWER}"')
        (changed / "handler.py").write_text(new, encoding="utf-8")
        before = self._deployed.code()
        self._deploy(
            built.with_folders(self._here, {_CHANGED: changed}), "changed", "UPDATE_COMPLETE"
        )
        after = self._deployed.code()
        different = [name for name in before if before[name] != after[name]]
        hold(different == [_CHANGED], f"changed: {different}")
        said = httpx.get(f"{doors}/health").json()
        hold(said == {"status": _CHANGED_ANSWER}, f"GET /health says {said}")
        return f"UPDATE_COMPLETE; of the functions only {_CHANGED} is another, and answers as such"

    def delete(self) -> str:
        tables = self._deployed.of_type("AWS::DynamoDB::Table").values()
        cloudformation = self._deployed.client("cloudformation")
        stack = cloudformation.describe_stacks(StackName=self._deployed.stack)["Stacks"][0]
        cloudformation.delete_stack(StackName=self._deployed.stack)

        def gone() -> bool:
            said = cloudformation.describe_stacks(StackName=stack["StackId"])["Stacks"]
            return bool(said[0]["StackStatus"] == "DELETE_COMPLETE")

        eventually(gone, 30, lambda: "the stack is deleted")
        dynamodb = self._deployed.client("dynamodb")
        lost = sorted(set(tables) - set(dynamodb.list_tables()["TableNames"]))
        hold(not lost, f"tables that went with the stack: {lost}")
        jobs = dynamodb.scan(TableName=self._deployed.outputs["JobsTable"], Select="COUNT")["Count"]
        hold(jobs > 0, "the jobs went with the stack")
        return f"DELETE_COMPLETE; the {len(tables)} tables stay, {jobs} jobs in them"
