"""Backups of a real database: made while it is written to, restored elsewhere, compared."""

import json
import signal
import threading
from datetime import UTC, datetime, timedelta
from itertools import count
from pathlib import Path
from typing import Any

import pytest

from selfhosted import backup, backup_folder, backup_state, extenddb
from selfhosted.backup_errors import BackupError
from selfhosted.tables import HOSTS
from tests.selfhosted.backup_keeper import Keeper
from tests.selfhosted.conftest import Start
from tests.selfhosted.database_alone import VARIETY, database, filled, items
from tests.selfhosted.running_host import RunningHost, eventually


@pytest.fixture
def keeper(tmp_path: Path) -> Keeper:
    return Keeper(tmp_path)


def put(host: RunningHost, kind: str, name: str, **attributes: Any) -> None:
    item = {"pk": {"S": kind}, "sk": {"S": name}, "name": {"S": name}, **attributes}
    host.client("dynamodb").put_item(TableName="results", Item=item)


def wait_on(host: RunningHost) -> None:
    """Leaves work for later: a message of a queue and a schedule."""
    loose = host.queue("loose")
    host.client("sqs").send_message(
        QueueUrl=loose, MessageBody='{"name": "waiting-message"}', DelaySeconds=5
    )
    moment = datetime.now(UTC) + timedelta(seconds=5)
    host.client("scheduler").create_schedule(
        Name="later",
        ScheduleExpression=f"at({moment:%Y-%m-%dT%H:%M:%S})",
        FlexibleTimeWindow={"Mode": "OFF"},
        ActionAfterCompletion="DELETE",
        Target={
            "Arn": "arn:aws:sqs:us-east-1:000000000000:loose",
            "RoleArn": "arn:aws:iam::000000000000:role/x",
            "Input": '{"name": "waiting-schedule"}',
        },
    )


def without_heartbeats(tables: dict[str, list[str]]) -> dict[str, list[str]]:
    """A running host writes its own presence every second."""
    return {name: found for name, found in tables.items() if name != HOSTS}


def test_a_running_host_is_restored_item_by_item_and_goes_on(
    start: Start, keeper: Keeper, tmp_path: Path
) -> None:
    host = start().wait_ready()
    for number in range(50):
        put(host, "patient", f"p{number}", **VARIETY)
    wait_on(host)
    before = without_heartbeats(items(host.client("dynamodb")))
    assert all(before[table] for table in ("results", "host_messages", "host_schedules"))
    file = keeper.back_up(host.data)
    assert without_heartbeats(items(host.client("dynamodb"))) == before, "or nothing is compared"
    host.signal(signal.SIGKILL)
    assert (host.data / "extenddb.sqlite-wal").stat().st_size

    manifest = backup.restore(file, tmp_path / "data2", keeper.identity)
    with database(tmp_path / "data2") as client:
        restored = items(client)
    assert without_heartbeats(restored) == before
    counted = {name: content.items for name, content in manifest.tables.items()}
    assert counted == {name: len(found) for name, found in restored.items()}

    backup.restore(keeper.back_up(host.data), tmp_path / "data3", keeper.identity)
    with database(tmp_path / "data3") as client:
        from_log = items(client)
    with database(host.data) as client:
        assert items(client) == from_log

    daily = ("--backup-dir", str(keeper.folder), "--backup-key", keeper.public)
    again = start("data2", arguments=daily).wait_ready()
    again.send("work.fifo", "g", name="new-work")
    wanted = {"waiting-message", "waiting-schedule", "new-work"}
    assert eventually(lambda: {note["name"] for note in again.notes("done")} >= wanted, 15)
    # It was never backed up at its time: it is, soon after its start, into the same series.
    assert eventually(lambda: "backup: " in again.errors(), 15)
    series = {one.installation for one in backup_folder.listed(keeper.folder)}
    assert series == {backup.installation(host.data)}


def test_a_backup_is_one_moment_though_somebody_writes_on(keeper: Keeper, tmp_path: Path) -> None:
    data = tmp_path / "data"
    filled(data, 1)
    acknowledged: list[int] = []
    enough = threading.Event()
    with database(data) as client:
        writer = threading.Thread(target=write_pairs, args=(client, acknowledged, enough))
        writer.start()
        try:
            eventually(lambda: len(acknowledged) > 20)
            keeper.back_up(data)
            first = len(acknowledged)
            file = keeper.back_up(data)
            last = len(acknowledged)
        finally:
            enough.set()
            writer.join()
    assert last > first, "the database went on"
    backup.restore(file, tmp_path / "new", keeper.identity)
    with database(tmp_path / "new") as client:
        found = [json.loads(item)["pk"]["S"] for item in items(client)["patients"]]
    odd, even = (
        sorted(int(name.removeprefix(kind)) for name in found if name.startswith(kind))
        for kind in ("odd", "even")
    )
    assert even == list(range(len(even)))
    assert odd == list(range(len(odd)))
    assert first <= len(odd) <= len(even) <= len(odd) + 1


def write_pairs(client: Any, acknowledged: list[int], enough: threading.Event) -> None:
    """In the order of their numbers: a copy that has a gap shows no moment."""
    for number in count():
        for kind in ("even", "odd"):
            client.put_item(TableName="patients", Item={"pk": {"S": f"{kind}{number}"}})
        acknowledged.append(number)
        if enough.is_set():
            return


def test_a_running_host_and_a_database_elsewhere_are_refused(
    start: Start, keeper: Keeper, tmp_path: Path
) -> None:
    filled(tmp_path / "elsewhere", 1)
    file = keeper.back_up(tmp_path / "elsewhere")
    keys = extenddb.credentials(tmp_path / "elsewhere")
    variables = {
        "AWS_ACCESS_KEY_ID": keys.access_key,
        "AWS_SECRET_ACCESS_KEY": keys.secret_key,
    }
    with database(tmp_path / "elsewhere") as client:
        arguments = ("--database", client.meta.endpoint_url)
        host = start(arguments=arguments, environment=variables).wait_ready()
        # Left from the time before the database was given: not what the host works on.
        (host.data / "extenddb.sqlite").touch()
        with pytest.raises(BackupError, match=r"given by --database.* by its own means"):
            keeper.back_up(host.data)
        assert backup_state.read(host.data) == {}
        assert [one.file for one in backup_folder.listed(keeper.folder)] == [file]
        with pytest.raises(BackupError, match="a host is running with the data directory"):
            backup.restore(file, host.data, keeper.identity)
        assert host.state()
        host.close()
