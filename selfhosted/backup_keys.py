"""Who may open a backup: age's public keys on the server, the identity wherever its owner keeps it.

The format is age's (age-encryption.org/v1), so the `age` program opens a backup without us.
"""

import contextlib
import os
import sys
import threading
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import IO, Final, Protocol, TypeAlias

import pyrage

from selfhosted.backup_errors import BackupError, told

CHUNK: Final = 1024 * 1024
HEADER: Final = b"age-encryption.org/v1\n"
Identity: TypeAlias = pyrage.x25519.Identity
_PUBLIC: Final = "age1"
_SECRET: Final = "AGE-SECRET-KEY-"  # noqa: S105 - how such a key begins


def recipients(key: str) -> tuple[str, ...]:
    """The public keys that `key` names: one itself (`age1…`), or a file with one in each line.

    Raises BackupError, also for a file that holds a secret key: the server need not be able to
    read its own backups.
    """
    found = [key] if key.startswith(_PUBLIC) else _lines(Path(key), "key")
    for one in found:
        if one.startswith(_SECRET):
            text = f"{key} holds the secret key: give the line that begins with age1, and keep the "
            raise BackupError(f"{text}secret elsewhere", 2)
        _recipient(one)
    if not found:
        raise BackupError(f"{key} holds no key: a line that begins with age1", 2)
    return tuple(found)


def identities(file: Path) -> list[Identity]:
    """The secret keys in `file`, as age-keygen writes it; `-` reads them from standard input."""
    lines = _stripped(sys.stdin) if str(file) == "-" else _lines(file, "identity")
    found = [line for line in lines if line.startswith(_SECRET)]
    if not found:
        raise BackupError(f"{file} holds no identity: a line that begins with {_SECRET}", 2)
    try:
        return [pyrage.x25519.Identity.from_str(line) for line in found]
    except pyrage.IdentityError:
        raise BackupError(f"the identity in {file} is not whole", 2) from None


def make_identity(file: Path) -> str:
    """Writes a new identity for its owner alone; the public key. Never overwrites one."""
    identity = pyrage.x25519.Identity.generate()
    public = str(identity.to_public())
    made = datetime.now(UTC).isoformat(timespec="seconds")
    try:
        descriptor = os.open(file, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    except FileExistsError:
        raise BackupError(f"{file} exists already, and may be the only key to backups", 2) from None
    except OSError as error:
        raise told(error, file) from error
    try:
        with os.fdopen(descriptor, "w", encoding="ascii") as opened:
            opened.write(f"# created: {made}\n# public key: {public}\n{identity}\n")
            opened.flush()
            os.fsync(descriptor)
    except OSError as error:
        file.unlink(missing_ok=True)
        raise told(error, file) from error
    return public


class Readable(Protocol):
    """What gives at most `size` bytes, and none at its end."""

    def read(self, size: int, /) -> bytes: ...


class _Source:
    """What the cipher reads. It keeps the failure, which pyrage tells as a text alone."""

    def __init__(self, file: Readable) -> None:
        self._file = file
        self.failure: BaseException | None = None

    def read(self, size: int) -> bytes:
        try:
            return self._file.read(size)
        except BaseException as failure:
            self.failure = failure
            raise


class _Target:
    """What the cipher writes to; keeps the failure too."""

    def __init__(self, file: IO[bytes]) -> None:
        self._file = file
        self.failure: BaseException | None = None

    def write(self, data: bytes) -> int:
        try:
            return self._file.write(data)
        except BaseException as failure:
            self.failure = failure
            raise

    def flush(self) -> None:
        try:
            self._file.flush()
        except BaseException as failure:
            self.failure = failure
            raise


def seal(plain: Readable, sealed: IO[bytes], keys: Sequence[str]) -> None:
    """Encrypts `plain` to its end into `sealed`. Raises what reading or writing raised."""
    source, target = _Source(plain), _Target(sealed)
    try:
        pyrage.encrypt_io(source, target, [_recipient(key) for key in keys])
    except Exception:
        _raise_first(source.failure, target.failure)
        raise
    target.flush()


@contextlib.contextmanager
def opened(file: Path, keys: Sequence[Identity]) -> Iterator[IO[bytes]]:
    """What is sealed in `file`, as a stream that need not be read to its end.

    Nothing of it may be trusted before the block has ended without BackupError: only at its end
    does age prove that nothing is missing.
    """
    with file.open("rb") as sealed:
        if sealed.read(len(HEADER)) != HEADER:
            raise BackupError(f"{file} is not a backup, or its beginning is damaged")
        sealed.seek(0)
        reading, writing = os.pipe()
        opening = _Opening(sealed, os.fdopen(writing, "wb"), keys)
        with os.fdopen(reading, "rb") as plain:
            opening.start()
            try:
                yield plain
                while plain.read(CHUNK):
                    pass
            except Exception:
                plain.close()
                opening.join()
                opening.raise_failure(file)
                raise
            finally:
                plain.close()
                opening.join()
        opening.raise_failure(file)


class _Opening(threading.Thread):
    """Decrypts beside the reader, who sees a plain stream."""

    def __init__(self, sealed: IO[bytes], plain: IO[bytes], keys: Sequence[Identity]) -> None:
        super().__init__(daemon=True)
        self._source, self._target = _Source(sealed), _Target(plain)
        self._plain = plain
        self._keys = keys
        self._failure: Exception | None = None

    def run(self) -> None:
        try:
            pyrage.decrypt_io(self._source, self._target, list(self._keys))
            self._target.flush()
        except Exception as failure:
            # Told by raise_failure, in the reader's thread.
            self._failure = failure
        # A reader who has left is no failure of ours.
        with contextlib.suppress(OSError):
            self._plain.close()

    def raise_failure(self, file: Path) -> None:
        if self._failure is None or self._target.failure is not None:
            return
        _raise_first(self._source.failure)
        if isinstance(self._failure, pyrage.DecryptError):
            raise BackupError(f"{file} does not open with this identity: it was made for another")
        raise BackupError(f"{file} is damaged: it was changed or cut short")


def _raise_first(*failures: BaseException | None) -> None:
    for failure in failures:
        if failure is not None:
            raise failure


def _recipient(key: str) -> pyrage.x25519.Recipient:
    try:
        return pyrage.x25519.Recipient.from_str(key)
    except pyrage.RecipientError:
        raise BackupError(f"not a public key of age: {key[:70]}", 2) from None


def _lines(file: Path, what: str) -> list[str]:
    try:
        with file.open(encoding="utf-8") as opened:
            return _stripped(opened)
    except FileNotFoundError:
        raise BackupError(f"there is no {what} file {file}", 2) from None
    except UnicodeDecodeError:
        raise BackupError(f"{file} is not a text file with keys", 2) from None
    except OSError as error:
        raise told(error, file) from error


def _stripped(lines: IO[str]) -> list[str]:
    stripped = (line.strip() for line in lines)
    return [line for line in stripped if line and not line.startswith("#")]
