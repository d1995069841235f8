"""What a command speaks with: the host of a data folder, or AWS."""

import os
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from cli.problems import Problem
from switchboard.store.database import Database

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

Data = Annotated[
    Path | None,
    typer.Option("--data", metavar="DIR", help="The data folder of `switchboard up`; else AWS."),
]
Endpoint = Annotated[
    str | None, typer.Option(metavar="URL", help="Where the DynamoDB API answers, if not on AWS.")
]
Table = Annotated[
    str | None, typer.Option(metavar="NAME", help="The settings table; else SETTINGS_TABLE.")
]


class Connection:
    """Clients of AWS's services, and the names of what they hold.

    Without a data folder both come from the environment, as for every AWS program. Raises
    HostError where no host runs on the data folder.
    """

    def __init__(
        self,
        data: Path | None = None,
        endpoint: str | None = None,
        environ: Mapping[str, str] = os.environ,
    ) -> None:
        self._data = data
        self._endpoint = endpoint
        self._environ = environ
        self._outputs: Mapping[str, str] = {}
        if data is not None:
            from selfhosted import connection

            self._environ = {**environ, **connection.environment(data)}
            self._outputs = connection.outputs(data)

    def name(self, variable: str) -> str:
        """A table's name or a queue's URL, by the variable that the functions read it from.

        Raises Problem where nothing says it.
        """
        output = "".join(part.capitalize() for part in variable.split("_"))
        found = self._outputs.get(output) or self._environ.get(variable)
        if not found:
            raise Problem(f"Set {variable}, or give the data folder of a running host by --data")
        return found

    def doors(self) -> str:
        """Where the running host's doors are. Raises Problem without a data folder."""
        if self._data is None:
            raise Problem("Give the data folder of a running host by --data")
        from selfhosted import connection

        return str(connection.state(self._data)["doors"])

    def database(self) -> Database:
        client: DynamoDBClient = self.client("dynamodb")
        return Database(client)

    def client(self, service: str) -> Any:
        """boto3's client of a service."""
        import boto3

        address = self._environ.get(f"AWS_ENDPOINT_URL_{service.upper()}")
        if service == "dynamodb":
            address = self._endpoint or address
        region = self._environ.get("AWS_REGION") or self._environ.get("AWS_DEFAULT_REGION")
        session: Any = boto3.Session(
            aws_access_key_id=self._environ.get("AWS_ACCESS_KEY_ID"),
            aws_secret_access_key=self._environ.get("AWS_SECRET_ACCESS_KEY"),
            aws_session_token=self._environ.get("AWS_SESSION_TOKEN"),
            # A server of our own has no regions, but the client wants one to sign with.
            region_name=region or ("us-east-1" if address else None),
        )
        return session.client(service, endpoint_url=address)
