"""OAuth 2 of amoCRM: refresh tokens work once, access tokens for a day."""

import hashlib
import hmac
import secrets
import time
from dataclasses import dataclass, field

from sandbox.settings import SandboxSettings
from sandbox.wire import Json

PROBLEM = {
    "title": "Некорректный запрос",
    "type": "https://developers.amocrm.ru/v3/errors/OAuthProblemJson",
    "detail": "В запросе отсутствует ряд параметров или параметры невалидны",
}


class OAuthRefusal(Exception):
    """Carries amoCRM's `hint` and the HTTP status."""

    def __init__(self, status: int, hint: str) -> None:
        super().__init__(hint)
        self.status = status
        self.hint = hint

    def to_json(self) -> Json:
        return {"hint": self.hint, **PROBLEM, "status": self.status}


@dataclass
class Grant:
    """One exchange, for the log: what was asked and how it ended."""

    grant_type: str
    ok: bool
    hint: str = ""
    at: float = field(default_factory=time.time)


class Tokens:
    """Who may call the API.

    Tokens are signed, so that those given out before a restart of the sandbox still work: the
    caller keeps them in its own database. What was spent is known since the start only.
    """

    def __init__(self, settings: SandboxSettings) -> None:
        self._settings = settings
        self._codes = {settings.amocrm_authorization_code}
        self._spent: set[str] = set()
        self._not_before = 0.0
        self._access_since = 0.0
        self.access_seconds = settings.amocrm_access_seconds
        self.grants: list[Grant] = []

    def exchange(self, body: Json) -> Json:
        """A new pair of tokens; raises OAuthRefusal. A refresh token is spent by one use."""
        kind = str(body.get("grant_type", ""))
        try:
            self._spend(kind, body)
        except OAuthRefusal as refusal:
            self.grants.append(Grant(kind, ok=False, hint=refusal.hint))
            raise
        self.grants.append(Grant(kind, ok=True))
        now = time.time()
        return {
            "token_type": "Bearer",
            "expires_in": self.access_seconds,
            "server_time": int(now),
            "access_token": self._signed("access", now),
            "refresh_token": self._signed("refresh", now),
        }

    def _signed(self, kind: str, now: float) -> str:
        content = f"{kind}.{now:.3f}.{self.access_seconds}.{secrets.token_hex(8)}"
        return f"{content}.{self._signature(content)}"

    def _signature(self, content: str) -> str:
        key = self._settings.amocrm_client_secret.encode()
        return hmac.new(key, content.encode(), hashlib.sha256).hexdigest()[:32]

    def _read(self, token: str, kind: str) -> tuple[float, float] | None:
        """When a token was given out and for how many seconds; None when it is not ours."""
        content, _, signature = token.rpartition(".")
        if not hmac.compare_digest(self._signature(content).encode(), signature.encode()):
            return None
        named, _, rest = content.partition(".")
        issued, life, _ = rest.rsplit(".", 2)
        return (float(issued), float(life)) if named == kind else None

    def _spend(self, kind: str, body: Json) -> None:
        settings = self._settings
        known = (settings.amocrm_client_id, settings.amocrm_client_secret)
        if (body.get("client_id"), body.get("client_secret")) != known:
            raise OAuthRefusal(401, "Client authentication failed")
        if body.get("redirect_uri") != settings.amocrm_redirect_uri:
            raise OAuthRefusal(400, "Check the `redirect_uri` parameter")
        if kind == "authorization_code":
            if str(body.get("code")) not in self._codes:
                raise OAuthRefusal(400, "Authorization code has expired")
            self._codes.discard(str(body["code"]))
        elif kind == "refresh_token":
            self._spend_refresh(str(body.get("refresh_token")))
        else:
            raise OAuthRefusal(400, "Check the `grant_type` parameter")

    def _spend_refresh(self, token: str) -> None:
        first = token == self._settings.amocrm_refresh_token
        read = (0.0, 0.0) if first else self._read(token, "refresh")
        if read is None:
            raise OAuthRefusal(401, "Cannot decrypt the refresh token")
        revoked = self._not_before > 0 and read[0] <= self._not_before
        if token in self._spent or revoked:
            raise OAuthRefusal(401, "Token has been revoked")
        self._spent.add(token)

    def valid(self, authorization: str) -> bool:
        """Whether an Authorization header may call the API now."""
        kind, _, token = authorization.partition(" ")
        if kind.lower() != "bearer":
            return False
        if token == self._settings.amocrm_long_lived_token:
            return True
        read = self._read(token, "access")
        if read is None:
            return False
        issued, life = read
        return issued > self._access_since and time.time() < issued + life

    def expire_access(self) -> None:
        """Every access token is over now; refresh tokens still work."""
        self._access_since = time.time()

    def revoke(self) -> None:
        """The customer switched the integration off: no token given out before works."""
        self._not_before = self._access_since = time.time()
