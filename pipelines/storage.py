"""Dagster's SQLite storage for a run that lives in one process: each database stays open until the run has ended.

Danger: the storage that comes with Dagster opens a database for each event and closes it again. Whoever closes a
database last writes its log back and waits for the disk, and every statement is compiled anew: a fifth of the time of
a small run. Remedy: one SQLAlchemy engine a database. The files are the same, and other processes (`dagster dev`, the
daemon) may read and write them meanwhile. SQLite waits for the disk only when it writes a log back: what a killed
process has recorded stays, and a power failure can cost the last events of a run, but neither the database nor tables.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any

from dagster._core.instance.ref import InstanceRef
from dagster._core.storage.event_log import SqliteEventLogStorage
from dagster._core.storage.runs import SqliteRunStorage
from dagster._core.storage.schedules import SqliteScheduleStorage
from dagster._core.storage.sqlite import SQLITE_BUSY_TIMEOUT_SECONDS
from dagster._core.storage.sqlite_storage import (
    DagsterSqliteStorage,
    _event_logs_directory,
    _runs_directory,
    _schedule_directory,
)
from dagster._serdes import ConfigurableClassData
from sqlalchemy import Connection, Engine, create_engine, event


def in_sqlite(ref: InstanceRef) -> bool:
    """Whether an instance is stored in files of SQLite, and not in a server that its settings name."""
    return ref.storage_data is not None and ref.storage_data.class_name == DagsterSqliteStorage.__name__


def kept_open(ref: InstanceRef) -> InstanceRef:
    """The same instance with its databases kept open; one that is not stored in SQLite is returned as it is."""
    storage = ref.storage_data
    if storage is None or not in_sqlite(ref):
        return ref
    return ref._replace(storage_data=ConfigurableClassData(__name__, OpenStorage.__name__, storage.config_yaml))


class _Engines:
    """One engine for each database, by its address; each keeps its connections until `dispose`."""

    def __init__(self) -> None:
        self._engines: dict[str, Engine] = {}

    def __getitem__(self, address: str) -> Engine:
        if address not in self._engines:
            engine = create_engine(address, connect_args={"timeout": SQLITE_BUSY_TIMEOUT_SECONDS})
            event.listen(engine, "connect", _wait_for_disk_seldom)
            self._engines[address] = engine
        return self._engines[address]

    def dispose(self) -> None:
        while self._engines:
            self._engines.popitem()[1].dispose()


def _wait_for_disk_seldom(connection: Any, record: object) -> None:
    connection.execute("PRAGMA synchronous = NORMAL")


class _OneDatabase:
    """A storage of one database, `_conn_string`, that goes through one engine."""

    _conn_string: str

    def __init__(self, conn_string: str, inst_data: ConfigurableClassData | None = None) -> None:
        self._engines = _Engines()
        super().__init__(conn_string, inst_data)  # type: ignore[call-arg]

    @contextmanager
    def connect(self) -> Iterator[Connection]:
        with self._engines[self._conn_string].begin() as connection:
            yield connection

    def dispose(self) -> None:
        self._engines.dispose()


class _OpenRuns(_OneDatabase, SqliteRunStorage):
    pass


class _OpenSchedules(_OneDatabase, SqliteScheduleStorage):
    pass


class _OpenEventLog(SqliteEventLogStorage):
    def __init__(self, base_dir: str, inst_data: ConfigurableClassData | None = None) -> None:
        self._engines = _Engines()
        self._tables: set[str] = set()
        super().__init__(base_dir, inst_data)

    def has_table(self, table_name: str) -> bool:
        """A table that is there stays: Dagster asks for each event that it stores."""
        if table_name not in self._tables and super().has_table(table_name):
            self._tables.add(table_name)
        return table_name in self._tables

    @contextmanager
    def _connect(self, shard: str) -> Iterator[Connection]:
        with self._db_lock:
            engine = self._engines[self.conn_string_for_shard(shard)]
            if shard not in self._initialized_dbs:
                self._initdb(engine)
                self._initialized_dbs.add(shard)
            with engine.begin() as connection:
                yield connection

    def dispose(self) -> None:
        super().dispose()
        self._engines.dispose()


class OpenStorage(DagsterSqliteStorage):
    """`DagsterSqliteStorage` over the same files, with every database kept open until `dispose`."""

    def __init__(self, base_dir: str, inst_data: ConfigurableClassData | None = None) -> None:
        self.base_dir = base_dir
        self._inst_data = inst_data
        self._run_storage = _OpenRuns.from_local(_runs_directory(base_dir))
        self._event_log_storage = _OpenEventLog(_event_logs_directory(base_dir))
        self._schedule_storage = _OpenSchedules.from_local(_schedule_directory(base_dir))
        super(DagsterSqliteStorage, self).__init__()  # type: ignore[no-untyped-call]

    @classmethod
    def from_config_value(cls, inst_data: ConfigurableClassData | None, config_value: Mapping[str, Any]) -> OpenStorage:
        return cls(config_value["base_dir"], inst_data)
