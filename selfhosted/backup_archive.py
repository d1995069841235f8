"""What is inside a backup: a gzipped tar of a manifest, the database and its keys."""

import hashlib
import json
import os
import tarfile
import zlib
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import IO, Any, Final

from selfhosted.backup_errors import BackupError
from selfhosted.backup_snapshot import Content

FORMAT: Final = 1
MANIFEST: Final = "manifest.json"
CHUNK: Final = 1024 * 1024
# Texts of items shrink to a fifth at this level; higher ones cost twice the time for a tenth less.
COMPRESSION: Final = 4
_GZIP: Final = 16 + zlib.MAX_WBITS
_MANIFEST_LIMIT: Final = 16 * 1024 * 1024


@dataclass(frozen=True, slots=True)
class Stored:
    """A file in the archive: its length in bytes and its SHA-256, hex."""

    size: int
    sha256: str


@dataclass(frozen=True, slots=True)
class Manifest:
    """Says what the backup holds. `made_at` is UTC, ISO 8601; `product` has its version."""

    product: str
    stack: str
    installation: str
    made_at: str
    files: Mapping[str, Stored]
    tables: Mapping[str, Content]

    @property
    def items(self) -> int:
        return sum(content.items for content in self.tables.values())

    def as_json(self) -> bytes:
        return json.dumps({"format": FORMAT, **asdict(self)}, indent=1).encode()


def read_manifest(data: bytes) -> Manifest:
    """Raises BackupError for what is no manifest, or one of a newer format."""
    try:
        given: dict[str, Any] = json.loads(data)
        number = given.pop("format")
        if number != FORMAT:
            raise BackupError(f"the backup has format {number}, which this version does not know")
        files = {name: Stored(**stored) for name, stored in given.pop("files").items()}
        tables = {name: Content(**content) for name, content in given.pop("tables").items()}
        return Manifest(files=files, tables=tables, **given)
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise BackupError(f"the backup's manifest cannot be read: {error}") from error


def stored(file: Path) -> Stored:
    with file.open("rb") as opened:
        return Stored(file.stat().st_size, hashlib.file_digest(opened, "sha256").hexdigest())


class Packed:
    """The archive as a file to read from, made as it is read: no copy of it lies on a disk."""

    def __init__(self, manifest: Manifest, folder: Mapping[str, Path]) -> None:
        self._chunks = _compressed(_tar(manifest, folder))
        self._rest = b""

    def read(self, size: int) -> bytes:
        while not self._rest:
            chunk = next(self._chunks, None)
            if chunk is None:
                return b""
            self._rest = chunk
        taken, self._rest = self._rest[:size], self._rest[size:]
        return taken


def unpack(stream: IO[bytes], folder: Path) -> Manifest:
    """Writes the archive's files into `folder`, each compared with what the manifest says of it.

    Takes no other file than those that the manifest names. Raises BackupError, OSError.
    """
    try:
        with tarfile.open(fileobj=stream, mode="r|gz") as archive:
            return _unpack(archive, folder)
    except (tarfile.TarError, EOFError, zlib.error) as error:
        raise BackupError(f"the archive in the backup is not whole: {error}") from error


def _unpack(archive: tarfile.TarFile, folder: Path) -> Manifest:
    first = archive.next()
    content = archive.extractfile(first) if first is not None else None
    if first is None or content is None or first.name != MANIFEST:
        raise BackupError("the backup does not begin with its manifest")
    manifest = read_manifest(content.read(_MANIFEST_LIMIT))
    missing = dict(manifest.files)
    while (member := archive.next()) is not None:
        content = archive.extractfile(member)
        wanted = missing.pop(member.name, None)
        if content is None or wanted is None or Path(member.name).name != member.name:
            raise BackupError(f"the backup holds {member.name}, which its manifest does not")
        if _written(content, folder / member.name) != wanted:
            raise BackupError(f"{member.name} in the backup is not what its manifest says")
    if missing:
        raise BackupError(f"the backup lacks {', '.join(missing)}")
    return manifest


def _written(content: IO[bytes], target: Path) -> Stored:
    digest = hashlib.sha256()
    size = 0
    descriptor = os.open(target, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "wb") as file:
        while chunk := content.read(CHUNK):
            file.write(chunk)
            digest.update(chunk)
            size += len(chunk)
        file.flush()
        os.fsync(file.fileno())
    return Stored(size, digest.hexdigest())


def _compressed(chunks: Iterable[bytes]) -> Iterator[bytes]:
    compressor = zlib.compressobj(COMPRESSION, zlib.DEFLATED, _GZIP)
    for chunk in chunks:
        yield compressor.compress(chunk)
    yield compressor.flush()


def _tar(manifest: Manifest, folder: Mapping[str, Path]) -> Iterator[bytes]:
    said = manifest.as_json()
    yield _header(MANIFEST, len(said)) + said + _padding(len(said))
    for name, file in folder.items():
        size = manifest.files[name].size
        yield _header(name, size)
        with file.open("rb") as opened:
            while chunk := opened.read(CHUNK):
                yield chunk
        yield _padding(size)
    # The end of an archive: two empty blocks.
    yield bytes(2 * tarfile.BLOCKSIZE)


def _header(name: str, size: int) -> bytes:
    entry = tarfile.TarInfo(name)
    entry.size = size
    entry.mode = 0o600
    # This format knows files beyond 8 GiB.
    return entry.tobuf(tarfile.GNU_FORMAT)


def _padding(size: int) -> bytes:
    return bytes(-size % tarfile.BLOCKSIZE)
