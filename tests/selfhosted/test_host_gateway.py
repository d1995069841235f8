"""The doors: what functions are given and what callers get, as with API Gateway."""

import base64
import json
import socket
from concurrent.futures import ThreadPoolExecutor
from typing import Any
from urllib.parse import urlsplit

import httpx
import pytest

from selfhosted.routes import Router
from selfhosted.template import Route
from tests.selfhosted.running_host import RunningHost, alive, eventually


def echoed(answer: httpx.Response) -> dict[str, Any]:
    assert answer.status_code == 200, answer.text
    event: dict[str, Any] = answer.json()["event"]
    return event


def test_event_has_the_shape_of_payload_format_2(host: RunningHost) -> None:
    answer = host.http.post(
        "/echo/branch%20one?a=1&a=2&b=%D0%B6&empty=",
        content='{"text": "привет"}'.encode(),
        headers=[
            ("Content-Type", "application/json; charset=utf-8"),
            ("X-Twice", "one"),
            ("X-Twice", "two"),
            ("Cookie", "k=v; other=w"),
            ("User-Agent", "test"),
        ],
    )
    event = echoed(answer)
    assert event["version"] == "2.0"
    assert event["routeKey"] == "POST /echo/{branch}"
    assert event["rawPath"] == "/echo/branch one"
    assert event["rawQueryString"] == "a=1&a=2&b=%D0%B6&empty="
    assert event["queryStringParameters"] == {"a": "1,2", "b": "ж", "empty": ""}
    assert event["pathParameters"] == {"branch": "branch one"}
    assert event["cookies"] == ["k=v", "other=w"]
    assert event["headers"]["x-twice"] == "one,two"
    assert "cookie" not in event["headers"]
    assert event["body"] == '{"text": "привет"}'
    assert event["isBase64Encoded"] is False
    context = event["requestContext"]
    assert context["stage"] == "$default"
    assert context["http"] == {
        "method": "POST",
        "path": "/echo/branch one",
        "protocol": "HTTP/1.1",
        "sourceIp": "127.0.0.1",
        "userAgent": "test",
    }
    assert {"requestId", "time", "timeEpoch", "domainName", "accountId"} <= context.keys()


def test_function_knows_its_deadline_and_its_arn(host: RunningHost) -> None:
    known = host.http.post("/echo/a").json()["context"]
    assert 8000 < known["left"] <= 10_000
    assert known["arn"] == "arn:aws:lambda:us-east-1:000000000000:function:Echo"


@pytest.mark.parametrize("content_type", ["application/x-www-form-urlencoded", "image/png", None])
def test_bodies_that_are_not_text_come_in_base64(
    host: RunningHost, content_type: str | None
) -> None:
    headers = {} if content_type is None else {"content-type": content_type}
    event = echoed(host.http.post("/echo/a", content=b"x=1&y=2", headers=headers))
    assert event["isBase64Encoded"] is True
    assert base64.b64decode(event["body"]) == b"x=1&y=2"


def test_a_text_body_that_is_not_utf8_comes_in_base64(host: RunningHost) -> None:
    headers = {"content-type": "application/json"}
    event = echoed(host.http.post("/echo/a", content=b"\xff\x00", headers=headers))
    assert event["isBase64Encoded"] is True
    assert base64.b64decode(event["body"]) == b"\xff\x00"


def test_a_request_without_body_has_no_body(host: RunningHost) -> None:
    event = echoed(host.http.get("/echo/a/b"))
    assert "body" not in event
    assert "queryStringParameters" not in event


def test_binary_answers_headers_and_cookies_come_out(host: RunningHost) -> None:
    answer = host.http.post("/echo/a?do=binary", content=bytes(range(256)))
    assert answer.status_code == 201
    assert answer.content == bytes(reversed(range(256)))
    assert answer.headers["content-type"] == "application/octet-stream"
    assert answer.headers["x-number"] == "5"
    assert answer.headers.get_list("set-cookie") == ["a=1; Secure", "b=2"]


def test_an_answer_without_status_is_the_body_of_a_200(host: RunningHost) -> None:
    answer = host.http.post("/echo/a?do=text")
    assert (answer.status_code, answer.text) == (200, "plain")
    assert answer.headers["content-type"] == "application/json"
    assert host.http.post("/echo/a?do=nothing").status_code == 204


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("GET", "/"),
        ("GET", "/nowhere"),
        ("GET", "/echo/a"),
        ("POST", "/echo/a/b"),
        ("POST", "/echo/a/b/c"),
        ("POST", "/echo/"),
        ("GET", "/echo/a%2Fb/c"),
    ],
)
def test_no_route_is_404(host: RunningHost, method: str, path: str) -> None:
    answer = host.http.request(method, path)
    assert (answer.status_code, answer.json()) == (404, {"message": "Not Found"})


def test_a_path_that_is_not_utf8_is_400(host: RunningHost) -> None:
    assert host.http.post("/echo/%ff").status_code == 400


def test_more_exact_routes_win() -> None:
    router = Router(
        [
            Route("ANY", "/{proxy+}", "rest"),
            Route("GET", "/a/{x}", "variable"),
            Route("ANY", "/a/b", "any"),
            Route("GET", "/a/b", "exact"),
        ]
    )

    def found(method: str, path: str) -> tuple[str, dict[str, str]]:
        match = router.find(method, path)
        assert match is not None
        return match.route.function, dict(match.parameters)

    assert found("GET", "/a/b") == ("exact", {})
    assert found("POST", "/a/b") == ("any", {})
    assert found("GET", "/a/c") == ("variable", {"x": "c"})
    assert found("POST", "/a/c") == ("rest", {"proxy": "a/c"})


@pytest.mark.parametrize("method", ["GET", "PUT", "DELETE"])
def test_any_method_and_greedy_path(host: RunningHost, method: str) -> None:
    event = echoed(host.http.request(method, "/rest/one/two"))
    assert event["pathParameters"] == {"proxy": "one/two"}
    assert event["requestContext"]["http"]["method"] == method


def raw(host: RunningHost, request: bytes) -> bytes:
    address = urlsplit(host.url)
    with socket.create_connection((address.hostname, address.port), timeout=10) as connection:
        connection.sendall(request)
        return connection.recv(65_536)


def test_an_announced_large_body_is_refused_before_it_is_read(host: RunningHost) -> None:
    head = b"POST /echo/a HTTP/1.1\r\nhost: x\r\ncontent-length: 10485761\r\n\r\n"
    assert b" 413 " in raw(host, head).split(b"\r\n")[0]


def test_a_large_body_is_refused_while_it_streams(host: RunningHost) -> None:
    def parts() -> Any:
        for _ in range(11):
            yield b"x" * 1024 * 1024

    try:
        status = host.http.post("/echo/a", content=parts()).status_code
    except httpx.WriteError:
        pytest.skip("the connection was closed before the answer could be read")
    assert status == 413


def test_an_event_beyond_six_megabytes_is_refused(host: RunningHost) -> None:
    assert host.http.post("/echo/a", content=b"x" * 5_000_000).status_code == 413
    text = {"content-type": "text/plain"}
    fine = host.http.post("/echo/a?do=nothing", content=b"x" * 5_000_000, headers=text)
    assert fine.status_code == 204


def test_answers_may_have_almost_six_megabytes_and_no_more(host: RunningHost) -> None:
    answer = host.http.post("/echo/a?do=large&size=6000000")
    assert (answer.status_code, len(answer.content)) == (200, 6_000_000)
    assert host.http.post("/echo/a?do=large&size=6300000").status_code == 500
    assert host.http.post("/echo/a?do=nothing").status_code == 204


@pytest.mark.parametrize(
    ("order", "status", "text"),
    [
        ("raise", 500, "Internal Server Error"),
        ("nonsense", 500, "Internal Server Error"),
        ("die", 502, "Bad Gateway"),
    ],
)
def test_failing_functions(host: RunningHost, order: str, status: int, text: str) -> None:
    answer = host.http.post(f"/echo/a?do={order}")
    assert (answer.status_code, answer.json()) == (status, {"message": text})
    assert eventually(lambda: host.http.post("/echo/a?do=nothing").status_code == 204)


def test_what_functions_write_stands_in_the_log(host: RunningHost, name: str) -> None:
    host.http.post(f"/echo/a?do={name}")
    assert eventually(lambda: f"ValueError: {name}" in host.logs())


def test_a_time_out_ends_the_process_and_a_new_one_serves(host: RunningHost) -> None:
    before = host.http.post("/slow?quick=1").json()["pid"]
    answer = host.http.post("/slow")
    assert (answer.status_code, answer.json()) == (504, {"message": "Gateway Timeout"})
    assert not alive(before)
    assert eventually(lambda: host.http.post("/slow?quick=1").status_code == 200)


def test_a_busy_function_gets_more_processes(host: RunningHost) -> None:
    def call(_: int) -> int:
        answer = httpx.post(f"{host.url}/echo/a?do=sleep&seconds=0.7", timeout=20)
        pid: int = answer.json()["pid"]
        return pid

    with ThreadPoolExecutor(4) as callers:
        pids = set(callers.map(call, range(4)))
    assert len(pids) > 1


def test_functions_see_this_host_and_nothing_else(host: RunningHost) -> None:
    names = "AWS_ENDPOINT_URL_SQS,AWS_LAMBDA_FUNCTION_NAME,JOINED,ROLE_ARN,WORK_QUEUE_URL,USER"
    seen = host.http.post(f"/echo/a?do=environment&names={names}").json()
    services = host.variables["AWS_ENDPOINT_URL_SQS"]
    assert seen == {
        "AWS_ENDPOINT_URL_SQS": services,
        "AWS_LAMBDA_FUNCTION_NAME": "Echo",
        "JOINED": "hello-results-us-east-1",
        "ROLE_ARN": "arn:aws:iam::000000000000:role/SchedulerRole",
        "WORK_QUEUE_URL": f"{services}/000000000000/work.fifo",
        "USER": None,
    }


def test_credentials_and_logs_are_private(host: RunningHost) -> None:
    kept = json.loads((host.data / "credentials.json").read_text())
    assert kept["access_key"] == host.variables["AWS_ACCESS_KEY_ID"]
    for file in ("credentials.json", "host.json", "logs/extenddb.log", "logs/functions.log"):
        assert (host.data / file).stat().st_mode & 0o077 == 0, file
    database_log = (host.data / "logs" / "extenddb.log").read_text()
    assert "Password: (not logged)" in database_log
