"""amoCRM's OAuth: what a token is worth, and for how long."""

from collections.abc import AsyncIterator

import httpx
import pytest

from sandbox.amocrm.oauth import OAuthRefusal, Tokens
from sandbox.server import Running, start
from sandbox.settings import SandboxSettings

pytestmark = pytest.mark.anyio

CLIENT = {
    "client_id": "00000000-0000-4000-8000-000000000001",
    "client_secret": "demo-client-secret",
    "redirect_uri": "https://example.test/amocrm",
}
FIRST = CLIENT | {"grant_type": "refresh_token", "refresh_token": "demo-refresh-token-1"}


@pytest.fixture
async def sandbox() -> AsyncIterator[Running]:
    """One per test: spent tokens outlive a reset."""
    running = await start(SandboxSettings())
    yield running
    await running.stop()


@pytest.fixture
async def account(sandbox: Running) -> AsyncIterator[httpx.AsyncClient]:
    base = f"{sandbox.url}/amocrm"
    async with httpx.AsyncClient(base_url=base, trust_env=False, verify=False) as client:
        yield client


async def account_status(account: httpx.AsyncClient, token: str) -> int:
    headers = {"Authorization": f"Bearer {token}"}
    return (await account.get("/api/v4/account", headers=headers)).status_code


async def test_a_refresh_token_works_once(account: httpx.AsyncClient) -> None:
    pair = (await account.post("/oauth2/access_token", json=FIRST)).json()
    assert (pair["token_type"], pair["expires_in"]) == ("Bearer", 86_400)
    assert await account_status(account, pair["access_token"]) == 200
    again = await account.post("/oauth2/access_token", data=FIRST)
    assert (again.status_code, again.json()["hint"]) == (401, "Token has been revoked")
    body = FIRST | {"refresh_token": pair["refresh_token"]}
    assert (await account.post("/oauth2/access_token", json=body)).status_code == 200


async def test_a_code_is_exchanged_once(account: httpx.AsyncClient) -> None:
    body = CLIENT | {"grant_type": "authorization_code", "code": "demo-authorization-code"}
    codes = [(await account.post("/oauth2/access_token", json=body)).status_code for _ in range(2)]
    assert codes == [200, 400]


@pytest.mark.parametrize("token", ["x.y", "nonsense", "demo-refresh-token-1", "я"])
async def test_wrong_tokens_are_401(account: httpx.AsyncClient, token: str) -> None:
    headers = {b"Authorization": f"Bearer {token}".encode()}
    answer = await account.get("/api/v4/account", headers=headers)
    assert answer.status_code == 401
    assert answer.headers["content-type"] == "application/problem+json"


async def test_access_ends_and_the_integration_can_be_switched_off(
    account: httpx.AsyncClient, control: httpx.AsyncClient
) -> None:
    pair = (await account.post("/oauth2/access_token", json=FIRST)).json()
    await control.post("/amocrm/tokens", json={"does": "expire_access"})
    assert await account_status(account, pair["access_token"]) == 401
    body = FIRST | {"refresh_token": pair["refresh_token"]}
    pair = (await account.post("/oauth2/access_token", json=body)).json()
    assert await account_status(account, pair["access_token"]) == 200
    await control.post("/amocrm/tokens", json={"does": "revoke"})
    assert await account_status(account, pair["access_token"]) == 401
    body = FIRST | {"refresh_token": pair["refresh_token"]}
    assert (await account.post("/oauth2/access_token", json=body)).status_code == 401
    assert await account_status(account, "demo-long-lived-token") == 200


def test_tokens_outlive_a_restart_of_the_sandbox() -> None:
    pair = Tokens(SandboxSettings()).exchange(FIRST)
    restarted = Tokens(SandboxSettings())
    assert restarted.valid(f"Bearer {pair['access_token']}")
    body = FIRST | {"refresh_token": pair["refresh_token"]}
    restarted.exchange(body)
    with pytest.raises(OAuthRefusal, match="revoked"):
        restarted.exchange(body)


def test_a_strange_client_gets_nothing_and_spends_nothing() -> None:
    tokens = Tokens(SandboxSettings())
    for wrong in ({"client_secret": "x"}, {"redirect_uri": "x"}, {"grant_type": "x"}):
        with pytest.raises(OAuthRefusal):
            tokens.exchange(FIRST | wrong)
    tokens.exchange(FIRST)
    assert [grant.ok for grant in tokens.grants] == [False, False, False, True]
