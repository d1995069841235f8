"""Expected problems, told in one line instead of a traceback."""

from collections.abc import Iterator
from contextlib import contextmanager

import typer

from selfhosted.errors import HostError
from switchboard.domain.errors import Conflict, Refused


class Problem(Exception):
    """Something that the person at the terminal can mend; the message says what and how."""


def fail(message: str, exit_code: int = 1) -> typer.Exit:
    """Says what is wrong on stderr; raise what this returns."""
    typer.secho(message, fg=typer.colors.RED, err=True)
    return typer.Exit(exit_code)


@contextmanager
def told_plainly() -> Iterator[None]:
    """Turns the problems that are expected around the database into one line and exit code 1."""
    # Only commands that reach the database pay for this import.
    from botocore.exceptions import BotoCoreError, ClientError

    try:
        yield
    except (Problem, HostError, Conflict, Refused) as error:
        raise fail(f"{error}.") from None
    except ClientError as error:
        raise fail(_refused(error.response)) from None
    except BotoCoreError as error:
        raise fail(f"The database cannot be reached: {error}") from None


def _refused(response: object) -> str:
    error = response.get("Error", {}) if isinstance(response, dict) else {}
    code = error.get("Code", "unknown error")
    return _REFUSALS.get(code, f"The database refused ({code}): {error.get('Message', '')}")


_REFUSALS = {
    "ResourceNotFoundException": "There is no such table. Are its name and the region right?",
    "UnrecognizedClientException": "The database does not know these credentials.",
    "InvalidSignatureException": "The database does not accept these credentials.",
    "ExpiredTokenException": "The credentials have expired: sign in again.",
    "AccessDeniedException": "These credentials are not allowed to do this.",
}
