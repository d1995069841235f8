"""What goes wrong with backups is told in one line, and leaves nothing behind."""

import os
import shutil
import signal
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from selfhosted import backup, backup_folder, backup_keys, backup_state, data_folder, extenddb
from selfhosted.backup_errors import BackupError
from selfhosted.backup_folder import checksum_of
from selfhosted.backup_order import Order
from selfhosted.errors import HostError
from tests.selfhosted.backup_keeper import Keeper
from tests.selfhosted.database_alone import filled
from tests.selfhosted.running_host import ROOT

Refused = Callable[..., None]


@pytest.fixture(scope="module")
def original(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A data folder that a database has filled and left."""
    try:
        extenddb.binary((ROOT,))
    except HostError as missing:
        pytest.skip(str(missing))
    data = tmp_path_factory.mktemp("filled") / "data"
    filled(data)
    return data


@pytest.fixture
def data(original: Path, tmp_path: Path) -> Path:
    return Path(shutil.copytree(original, tmp_path / "data"))


@pytest.fixture
def keeper(tmp_path: Path) -> Keeper:
    return Keeper(tmp_path)


@pytest.fixture
def refused(keeper: Keeper, tmp_path: Path) -> Refused:
    """Asserts that neither verify nor restore accepts a file, and that nothing is left of them."""

    def assert_refused(file: Path, reason: str, identity: Path = keeper.identity) -> None:
        with pytest.raises(BackupError, match=reason):
            backup.verify(file, identity)
        target = tmp_path / "target"
        with pytest.raises(BackupError, match=reason):
            backup.restore(file, target, identity)
        assert not target.exists()

    return assert_refused


def names(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir())


def leftovers(keeper: Keeper, data: Path) -> set[str]:
    inside = {name for name in names(data) if name.startswith(("backup-snap", ".rest"))}
    return inside | set(names(keeper.folder))


def test_what_is_sound_is_verified_with_its_counts(data: Path, keeper: Keeper) -> None:
    manifest = backup.verify(keeper.back_up(data), keeper.identity)
    assert {name: one.items for name, one in manifest.tables.items()} == {
        "patients": 60,
        "unused": 0,
    }
    assert manifest.product.startswith("switchboard ")
    assert manifest.installation == backup.installation(data)
    noted = backup_state.read(data)["last_success"]
    assert noted["items"] == 60
    assert noted["size"] > 1000
    assert leftovers(keeper, data) == {
        Path(noted["file"]).name,
        Path(noted["file"] + ".sha256").name,
    }


def test_age_and_tar_open_it_without_us(data: Path, keeper: Keeper, tmp_path: Path) -> None:
    file = keeper.back_up(data)
    with (
        backup_keys.opened(file, backup_keys.identities(keeper.identity)) as plain,
        (tmp_path / "plain.tar.gz").open("wb") as copy,
    ):
        shutil.copyfileobj(plain, copy)
    listed = subprocess.run(
        ["tar", "tzf", tmp_path / "plain.tar.gz"], check=True, capture_output=True, text=True
    )
    assert listed.stdout.split() == ["manifest.json", "credentials.json", "extenddb.sqlite"]
    subprocess.run(
        ["sha256sum", "--check", "--quiet", checksum_of(file).name], check=True, cwd=keeper.folder
    )


def test_the_server_holds_nothing_that_opens_it(
    data: Path, keeper: Keeper, refused: Refused
) -> None:
    file = keeper.back_up(data)
    other = file.parent.parent / "other.txt"
    backup_keys.make_identity(other)
    refused(file, "does not open with this identity", other)
    assert b"p59" not in file.read_bytes()


@pytest.mark.parametrize("share", [0.0, 0.001, 0.3, 0.999])
def test_a_flipped_bit_is_found_wherever_it_is(
    data: Path, keeper: Keeper, refused: Refused, share: float
) -> None:
    file = keeper.back_up(data)
    content = bytearray(file.read_bytes())
    content[int(len(content) * share)] ^= 1
    file.write_bytes(content)
    refused(file, "does not match its checksum|is damaged|is not a backup")
    checksum_of(file).unlink()
    refused(file, "damaged|does not open with this identity")


@pytest.mark.parametrize("length", [0, 10, 300, -1, -70_000])
def test_a_file_that_was_cut_short_is_found(
    data: Path, keeper: Keeper, refused: Refused, length: int
) -> None:
    file = keeper.back_up(data)
    whole = file.read_bytes()
    file.write_bytes(whole[:length])
    checksum_of(file).unlink()
    refused(file, "damaged|does not open with this identity")


def test_an_archive_that_is_not_what_its_manifest_says_is_found(
    data: Path, keeper: Keeper, refused: Refused
) -> None:
    """Made with the right key, but by somebody else or by a broken machine."""
    file = keeper.back_up(data)
    with backup_keys.opened(file, backup_keys.identities(keeper.identity)) as plain:
        archive = plain.read()
    for made, reason in (
        (archive[:-500], "the archive in the backup is not whole"),
        (b"no archive", "the archive in the backup is not whole"),
    ):
        source = keeper.folder / "made"
        source.write_bytes(made)
        with source.open("rb") as plain, file.open("wb") as sealed:
            backup_keys.seal(plain, sealed, (keeper.public,))
        checksum_of(file).unlink(missing_ok=True)
        refused(file, reason)


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (None, "there is no identity file"),
        ("", "holds no identity"),
        ("AGE-SECRET-KEY-1BROKEN\n", "is not whole"),
        ("\udcff", "is not a text file"),
    ],
)
def test_identities_that_are_none(
    data: Path, keeper: Keeper, refused: Refused, tmp_path: Path, content: str | None, reason: str
) -> None:
    file = keeper.back_up(data)
    identity = tmp_path / "bad.txt"
    if content is not None:
        identity.write_text(content, errors="surrogateescape")
    refused(file, reason, identity)


def test_public_keys(keeper: Keeper, tmp_path: Path) -> None:
    file = tmp_path / "keys.txt"
    other = backup_keys.make_identity(tmp_path / "second.txt")
    file.write_text(f"# the clinic\n{keeper.public}\n\n{other}\n")
    assert backup_keys.recipients(str(file)) == (keeper.public, other)
    assert backup_keys.recipients(other) == (other,)
    for key, reason in (
        (str(tmp_path / "none"), "there is no key file"),
        ("age1nonsense", "not a public key"),
        (str(keeper.identity), "holds the secret key"),
    ):
        with pytest.raises(BackupError, match=reason):
            backup_keys.recipients(key)
    with pytest.raises(BackupError, match="exists already"):
        backup_keys.make_identity(keeper.identity)
    assert keeper.identity.stat().st_mode & 0o777 == 0o600


def test_each_of_several_keys_opens_it(data: Path, keeper: Keeper, tmp_path: Path) -> None:
    second = tmp_path / "second.txt"
    keys = (keeper.public, backup_keys.make_identity(second))
    file = backup.create(Order(data, keeper.folder, keys)).file
    assert backup.verify(file, keeper.identity) == backup.verify(file, second)


def test_a_folder_with_anything_in_it_is_left_alone(data: Path, keeper: Keeper) -> None:
    file = keeper.back_up(data)
    before = names(data)
    with pytest.raises(BackupError, match="is not empty"):
        backup.restore(file, data, keeper.identity)
    assert names(data) == before
    with pytest.raises(BackupError, match="is not a directory"):
        backup.restore(file, keeper.identity, keeper.identity)


def test_a_restore_that_was_killed_may_be_repeated(
    data: Path, keeper: Keeper, tmp_path: Path
) -> None:
    target = tmp_path / "target"
    (target / backup.RESTORING).mkdir(parents=True)
    (target / backup.RESTORING / "extenddb.sqlite").write_bytes(b"half")
    (target / data_folder.LOCK).touch()
    backup.restore(keeper.back_up(data), target, keeper.identity)
    assert names(target) == ["credentials.json", "extenddb.sqlite", "host.lock"]
    assert {path.stat().st_mode & 0o077 for path in (target, *target.iterdir())} <= {0, 0o044}


def test_what_cannot_be_backed_up_is_told_and_noted(
    data: Path, keeper: Keeper, tmp_path: Path
) -> None:
    missing = Order(data, tmp_path / "unmounted", (keeper.public,))
    with pytest.raises(BackupError, match=r"there is no folder .*unmounted: make it, or mount"):
        backup.create(missing)
    assert "unmounted" in backup_state.read(data)["last_failure"]["reason"]
    # The kernel's own folder: nobody can write there, not even root.
    with pytest.raises(BackupError, match=r"^/sys.*: (Permission denied|Read-only file system)"):
        backup.create(Order(data, Path("/sys"), (keeper.public,)))
    (data / "extenddb.sqlite").write_bytes(b"SQLite it is not" * 1000)
    with pytest.raises(BackupError, match="cannot be read as a database of ExtendDB"):
        keeper.back_up(data)
    (data / "extenddb.sqlite").unlink()
    with pytest.raises(BackupError, match=r"there is no .*extenddb\.sqlite"):
        keeper.back_up(data)
    with pytest.raises(BackupError, match="there is no data directory"):
        keeper.back_up(tmp_path / "none")
    assert leftovers(keeper, data) == set()


def test_a_damaged_database_is_not_backed_up(data: Path, keeper: Keeper) -> None:
    good = keeper.back_up(data)
    with (data / "extenddb.sqlite").open("r+b") as database:
        database.seek(40 * 4096)
        database.write(os.urandom(20 * 4096))
    with pytest.raises(BackupError, match=r"the database is damaged|cannot be read"):
        keeper.back_up(data)
    assert [one.file for one in backup_folder.listed(keeper.folder)] == [good]


IN_A_SMALL_DISK = """
import sys
from pathlib import Path
from selfhosted import backup
from selfhosted.backup_errors import BackupError
from selfhosted.backup_order import Order
what, file, place, key = sys.argv[1:]
place = Path(place)
try:
    if what == "create":
        backup.create(Order(Path(file), place, (key,)))
    elif what == "restore":
        backup.restore(Path(file), place / "new", Path(key))
    else:
        backup.verify(Path(file), Path(key))
except BackupError as error:
    print(error)
print(sorted(path.name for path in place.iterdir()))
"""


@pytest.mark.parametrize("what", ["create", "restore", "verify"])
def test_a_full_disk_leaves_nothing(data: Path, keeper: Keeper, tmp_path: Path, what: str) -> None:
    """In a mount of its own that holds 40 KiB."""
    place = tmp_path / "small"
    place.mkdir()
    source, key = (data, keeper.public)
    if what != "create":
        source, key = keeper.back_up(data), str(keeper.identity)
    mount = f"mount -t tmpfs -o size=40k none {place}"
    if subprocess.run(["unshare", "-Urm", "sh", "-c", mount], check=False).returncode:
        pytest.skip("no mounts for this user")
    program = [sys.executable, "-c", IN_A_SMALL_DISK, what, str(source), str(place), key]
    done = subprocess.run(
        ["unshare", "-Urm", "sh", "-c", f'{mount} && exec "$@"', "sh", *program],
        capture_output=True,
        text=True,
        cwd=ROOT,
        env={**os.environ, "TMPDIR": str(place)},
        check=True,
    )
    said, left = done.stdout.splitlines()
    assert said.startswith("there is not enough space in ")
    assert str(place) in said
    assert left == "[]"


def test_a_killed_backup_is_no_backup_and_is_cleared_away(data: Path, keeper: Keeper) -> None:
    order = Order(data, keeper.folder, (keeper.public,))
    stopped = "import os, signal, sys; from selfhosted import backup_keys as keys, backup_process\n"
    stopped += (
        "keys.seal = lambda plain, sealed, _: (sealed.write(plain.read(999)), sealed.flush(),"
    )
    stopped += " os.kill(os.getpid(), signal.SIGKILL))\n"
    stopped += "backup_process.main()"
    done = subprocess.run([sys.executable, "-c", stopped, order.as_json()], cwd=ROOT, check=False)
    assert done.returncode == -signal.SIGKILL
    assert any(name.endswith(".partial") for name in leftovers(keeper, data))
    assert backup.SNAPSHOT in leftovers(keeper, data)
    assert backup_folder.listed(keeper.folder) == []
    file = keeper.back_up(data)
    assert leftovers(keeper, data) == {file.name, checksum_of(file).name}


def test_only_one_backup_is_made_at_a_time(data: Path, keeper: Keeper) -> None:
    order = Order(data, keeper.folder, (keeper.public,))
    with (
        backup.only_one(data),
        pytest.raises(BackupError, match=r"another backup of .* is being made"),
    ):
        backup.create(order)
    backup.create(order)
