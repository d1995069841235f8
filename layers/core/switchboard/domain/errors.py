"""The few exceptions. An expected refusal is an outcome, never one of these."""


class Postponed(Exception):
    """Try again later: a provider is down, slow, or has asked us to wait.

    `seconds` is how long to wait, or None where nobody said and the caller's back-off decides.
    `doubt`: the provider may have acted all the same (the answer was lost). `reason` goes to the
    log and holds no personal data. `attempt` is set by whoever counts his attempts himself: a queue
    counts how often it handed a message out, and that includes waiting for others in its group.
    """

    def __init__(self, reason: str, seconds: float | None = None, *, doubt: bool = False) -> None:
        super().__init__(reason)
        self.reason = reason
        self.seconds = seconds
        self.doubt = doubt
        self.attempt: int | None = None


class Outage(Postponed):
    """The provider did not answer, or answered that it cannot: what an operator wants to count."""

    def __init__(
        self, provider: str, what: str, seconds: float | None = None, *, doubt: bool = False
    ) -> None:
        super().__init__(f"{provider}: {what}", seconds, doubt=doubt)
        self.provider = provider


class Held(Postponed):
    """It is to go later by a rule of ours: no provider has asked for it, so only this one waits."""


class Refused(Exception):
    """The provider will never accept this: a dead letter with a reason for a person to read."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


class Misconfigured(Refused):
    """The playbook or a secret is wrong; nothing but a person's change can mend it."""


class Unreachable(Exception):
    """The person cannot be written to: he never pressed Start, blocked the bot, or is gone."""


class Conflict(Exception):
    """Somebody else committed first. The loser reloads and steps again."""
