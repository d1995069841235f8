"""How other programs on this box reach a running host, given its data directory."""

import json
import os
import urllib.error
import urllib.request
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from selfhosted import extenddb
from selfhosted.errors import HostError
from selfhosted.local_api import STATE
from selfhosted.locality import REGION
from selfhosted.signature import Credentials

FILE: Final = "host.json"


@dataclass(frozen=True, slots=True)
class Endpoints:
    """URLs of the services, all on the loopback interface except where a database was given."""

    database: str
    services: str
    doors: str


def aws_environment(database: str, services: str, credentials: Credentials) -> dict[str, str]:
    """The variables that lead unmodified boto3 to this host and nowhere else."""
    return {
        "AWS_ACCESS_KEY_ID": credentials.access_key,
        "AWS_SECRET_ACCESS_KEY": credentials.secret_key,
        "AWS_REGION": REGION,
        "AWS_DEFAULT_REGION": REGION,
        "AWS_ENDPOINT_URL_DYNAMODB": database,
        "AWS_ENDPOINT_URL_SQS": services,
        "AWS_ENDPOINT_URL_SCHEDULER": services,
        # Neither the user's own profile nor a cloud machine's role may answer instead.
        "AWS_CONFIG_FILE": os.devnull,
        "AWS_SHARED_CREDENTIALS_FILE": os.devnull,
        "AWS_EC2_METADATA_DISABLED": "true",
    }


def publish(
    data: Path, endpoints: Endpoints, credentials: Credentials, outputs: Mapping[str, str]
) -> None:
    """Writes what `environment` reads, for the owner alone."""
    document = {
        "pid": os.getpid(),
        "doors": endpoints.doors,
        "services": endpoints.services,
        "outputs": dict(outputs),
        "environment": aws_environment(endpoints.database, endpoints.services, credentials),
    }
    temporary = data / f"{FILE}.new"
    descriptor = os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(descriptor, "w", encoding="utf-8") as file:
        json.dump(document, file, indent=1)
    temporary.replace(data / FILE)


def withdraw(data: Path) -> None:
    (data / FILE).unlink(missing_ok=True)


def environment(data: Path) -> dict[str, str]:
    """The AWS_* variables for boto3 in another process. Raises HostError when no host runs."""
    variables: dict[str, str] = _published(data)["environment"]
    return variables


def outputs(data: Path) -> dict[str, str]:
    """The template's Outputs (names of tables, URLs of queues) as the running host serves them."""
    resolved: dict[str, str] = _published(data)["outputs"]
    return resolved


def state(data: Path) -> dict[str, Any]:
    """What runs now: `pid`, `database_pid`, `functions` (name → PIDs of its processes), `doors`,
    `restarts` (name → processes that ended by themselves), `since` (UTC, ISO 8601)."""
    return _state(_published(data))


def _published(data: Path) -> dict[str, Any]:
    """The published document, once its host has answered."""
    try:
        document: dict[str, Any] = json.loads((data / FILE).read_text(encoding="utf-8"))
    except FileNotFoundError:
        raise HostError(f"no host is running with the data directory {data}") from None
    if _state(document).get("pid") != document["pid"]:
        raise HostError(f"the host of the data directory {data} is not running")
    return document


def _state(document: Mapping[str, Any]) -> dict[str, Any]:
    opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    try:
        with opener.open(f"{document['services']}{STATE}", timeout=5) as answer:
            result: dict[str, Any] = json.load(answer)
            return result
    except (urllib.error.URLError, OSError, ValueError):
        text = f"the host (pid {document['pid']}) has ended or does not answer"
        raise HostError(text) from None


def given_credentials(data: Path) -> Credentials:
    """For a database that is not ours: the environment's key, else this data directory's own."""
    key, secret = os.environ.get("AWS_ACCESS_KEY_ID"), os.environ.get("AWS_SECRET_ACCESS_KEY")
    return Credentials(key, secret) if key and secret else extenddb.credentials(data)
