"""Commands reach the host of a data folder, or AWS where none is given."""

import json
import os
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path

import pytest
from typer.testing import CliRunner

from cli.connection import Connection
from cli.main import app
from cli.problems import Problem
from selfhosted.connection import Endpoints, publish
from selfhosted.errors import HostError
from selfhosted.signature import Credentials

DATABASE = "http://127.0.0.1:8391"


class Alive(BaseHTTPRequestHandler):
    """A host that says that it runs in this process."""

    def do_GET(self) -> None:
        body = json.dumps({"pid": os.getpid()}).encode()
        self.send_response(200)
        self.send_header("content-length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: object) -> None:
        """Quiet."""


@pytest.fixture
def data(tmp_path: Path) -> Iterator[Path]:
    """The data folder of a host that answers."""
    with HTTPServer(("127.0.0.1", 0), Alive) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        services = f"http://127.0.0.1:{server.server_port}"
        endpoints = Endpoints(DATABASE, services, "http://127.0.0.1:8392")
        outputs = {"SettingsTable": "local-settings", "InboxDeadQueueUrl": f"{services}/0/dead"}
        publish(tmp_path, endpoints, Credentials("AKIAIOSFODNN7EXAMPLE", "test"), outputs)
        yield tmp_path
        server.shutdown()


def test_a_data_folder_leads_to_its_host_whatever_the_environment_says(data: Path) -> None:
    elsewhere = {"SETTINGS_TABLE": "elsewhere", "AWS_ENDPOINT_URL_DYNAMODB": "http://127.0.0.1:1"}
    connection = Connection(data, environ=elsewhere)
    assert connection.name("SETTINGS_TABLE") == "local-settings"
    assert connection.name("INBOX_DEAD_QUEUE_URL").endswith("/0/dead")
    assert connection.client("dynamodb").meta.endpoint_url == DATABASE
    assert connection.client("sqs").meta.endpoint_url.startswith("http://127.0.0.1:")


def test_without_a_data_folder_the_environment_leads() -> None:
    environ = {"SETTINGS_TABLE": "ours", "AWS_REGION": "eu-north-1"}
    connection = Connection(environ=environ)
    assert connection.name("SETTINGS_TABLE") == "ours"
    assert connection.client("dynamodb").meta.endpoint_url == (
        "https://dynamodb.eu-north-1.amazonaws.com"
    )
    with pytest.raises(Problem, match="JOBS_TABLE"):
        connection.name("JOBS_TABLE")


def test_a_given_endpoint_needs_no_region_and_is_the_databases_alone() -> None:
    connection = Connection(
        endpoint=DATABASE, environ={"AWS_ENDPOINT_URL_SQS": "http://127.0.0.1:2"}
    )
    assert connection.client("dynamodb").meta.endpoint_url == DATABASE
    assert connection.client("sqs").meta.endpoint_url == "http://127.0.0.1:2"


def test_a_folder_without_a_running_host_is_told_plainly(tmp_path: Path) -> None:
    with pytest.raises(HostError, match="no host is running"):
        Connection(tmp_path)
    playbooks = Path(__file__).parents[2] / "playbooks"
    arguments = ["playbook", "publish", str(playbooks), "--data", str(tmp_path)]
    result = CliRunner().invoke(app, arguments)
    assert result.exit_code == 1
    assert "no host is running" in result.output
    assert "Traceback" not in result.output
