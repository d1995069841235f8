"""Who we are to amoCRM: a long-lived token, or OAuth 2 whose refresh token works once.

A refresh is never retried blindly. What its outcome means:

- never sent, 429 or a block: the refresh token is unspent; somebody may try again at once.
- answered: the new pair is written before it is used.
- the answer is lost (time-out, 5xx, a process killed): in doubt. After a pause the same refresh
  token is sent once more. If amoCRM never exchanged it, that works; if it did, it refuses
  ("Token has been revoked"), and nothing else could have been done: the only successor went down
  with the lost answer. Meanwhile the access token is used for as long as it lives.
- refused: nobody asks again for five minutes, and a person must connect the integration anew,
  which begins a new chain.
"""

from collections.abc import Callable
from datetime import datetime
from typing import NamedTuple, Protocol

from switchboard.crm.amocrm.answers import TokenPair, read
from switchboard.crm.line import Line, Unanswered
from switchboard.domain.errors import Misconfigured, Postponed, Refused
from switchboard.store.tokens import Grant, Tokens, Trouble, resumed

_EARLY = 300
"""Seconds before the end of an access token (24 h) at which it is renewed."""
_LEASE = 40
"""Seconds. A refresh takes 13 at most (connect 3, answer 10), and may wait 3 for its turn."""
_PAUSE_IN_DOUBT = 60
_PAUSE_REFUSED = 300
_LOOKS = 6
_BETWEEN_LOOKS = 0.5
"""Seconds between looks at whether another process has finished its refresh."""


class Bearer(Protocol):
    """Gives the token for the next call."""

    def token(self) -> str: ...

    def renewed(self, rejected: str) -> str:
        """Another token than the one that amoCRM rejected. Raises Misconfigured, Postponed."""


class LongLived:
    """A token made in the account's settings; nothing can be done when it is rejected."""

    def __init__(self, token: str) -> None:
        self._token = token

    def token(self) -> str:
        return self._token

    def renewed(self, rejected: str) -> str:
        del rejected
        raise Misconfigured("amocrm: the long-lived token is not accepted; make a new one")


class Integration(NamedTuple):
    """The OAuth integration, with the refresh token that its chain begins with."""

    client_id: str
    client_secret: str
    redirect_uri: str
    first_refresh_token: str


class OAuthChain:
    """Access tokens from a chain of refresh tokens that all processes share."""

    def __init__(
        self,
        line: Line,
        tokens: Tokens,
        branch: str,
        integration: Integration,
        clock: Callable[[], datetime],
        sleep: Callable[[float], None],
    ) -> None:
        self._line = line
        self._tokens = tokens
        self._branch = branch
        self._integration = integration
        self._clock = clock
        self._sleep = sleep
        self._known: Grant | None = None

    def token(self) -> str:
        known = self._known
        if known is not None and known.access_until - self._now() > _EARLY:
            return known.access
        return self._fresh(rejected="")

    def renewed(self, rejected: str) -> str:
        return self._fresh(rejected)

    def _fresh(self, rejected: str) -> str:
        for _ in range(_LOOKS):
            grant = resumed(
                self._tokens.load(self._branch, "amocrm"), self._integration.first_refresh_token
            )
            left = 0 if grant.access in ("", rejected) else grant.access_until - self._now()
            if left > _EARLY:
                return self._use(grant)
            if grant.lease_until > self._now():
                if left > 0:
                    return self._use(grant)
                if grant.trouble == "refused":
                    raise _connect_again()
                self._sleep(_BETWEEN_LOOKS)
                continue
            leased = self._tokens.lease(self._branch, "amocrm", grant, self._now() + _LEASE)
            if leased is not None:
                return self._exchange(grant, leased, usable=left > 0)
        raise Postponed("amocrm: the access token is being renewed elsewhere", 5)

    def _exchange(self, before: Grant, leased: Grant, *, usable: bool) -> str:
        """Spends the refresh token. `usable`: the old access token would do if that fails."""
        try:
            pair = self._ask(leased)
        except Unanswered:
            self._release(leased, "in_doubt", _PAUSE_IN_DOUBT)
            if not usable:
                raise
        except Postponed:  # It never got there, so the token is as it was.
            self._tokens.release(self._branch, "amocrm", leased, before.trouble)
            if not usable:
                raise
        except Refused:
            self._release(leased, "refused", _PAUSE_REFUSED)
            if not usable:
                raise
        else:
            return self._save(leased, pair)
        return before.access

    def _ask(self, leased: Grant) -> TokenPair:
        response = self._line.send(
            "POST",
            "/oauth2/access_token",
            headers={"Accept": "application/json"},
            body={
                "client_id": self._integration.client_id,
                "client_secret": self._integration.client_secret,
                "grant_type": "refresh_token",
                "refresh_token": leased.refresh,
                "redirect_uri": self._integration.redirect_uri,
            },
        )
        if not response.is_success:
            raise _connect_again(f" ({response.status_code})")
        try:
            return read(TokenPair, response)
        except Refused as error:  # Exchanged, surely, but for what?
            raise Unanswered("amocrm", error.reason.removeprefix("amocrm: ")) from None

    def _save(self, leased: Grant, pair: TokenPair) -> str:
        fresh = leased._replace(
            refresh=pair.refresh_token,
            access=pair.access_token,
            access_until=self._now() + pair.expires_in,
        )
        saved = self._tokens.save(self._branch, "amocrm", leased, fresh)
        if saved is None:
            raise Postponed("amocrm: the integration was connected anew meanwhile", 1)
        return self._use(saved)

    def _release(self, leased: Grant, trouble: Trouble, pause: int) -> None:
        self._tokens.release(self._branch, "amocrm", leased, trouble, self._now() + pause)

    def _use(self, grant: Grant) -> str:
        self._known = grant
        return grant.access

    def _now(self) -> int:
        return int(self._clock().timestamp())


def _connect_again(status: str = "") -> Misconfigured:
    return Misconfigured(
        f"amocrm: the refresh token is not accepted{status}; connect the integration again and "
        "put the new refresh token where the playbook's crm.auth.refresh_token points"
    )
