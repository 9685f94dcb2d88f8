"""What `pmks ducklake` shares over a real PostgreSQL server: the same tables, for whom they are meant, none of it half.

`python -m tests.support.in_ducklake [HOME]` (`make test-ducklake`) runs the sample inbox, or takes a finished home.
"""

from __future__ import annotations

import os
import shutil
import sys
from collections.abc import Callable
from contextlib import closing, suppress
from functools import partial
from pathlib import Path
from tempfile import TemporaryDirectory

import duckdb
import psycopg2

from tests.support.finished import finished_home, pmks
from tests.support.postgres import serving
from tests.support.servers import object_storage
from validation.directorates import directorates
from warehouse.connection import opened
from warehouse.ducklake import Share, opened_share, share_file

DIRECTORATE = next(iter(directorates()))


def said(text: str) -> None:
    sys.stdout.write(f"{text}\n")


def contents(con: duckdb.DuckDBPyConnection, database: str) -> dict[str, object]:
    """What each table and view of a database holds, by name."""
    names = con.execute(
        "SELECT schema_name || '.' || table_name FROM duckdb_tables() WHERE database_name = ? UNION ALL "
        "SELECT schema_name || '.' || view_name FROM duckdb_views() WHERE database_name = ? AND NOT internal "
        "ORDER BY 1", [database, database],
    ).fetchall()  # fmt: skip
    query = "SELECT count(*), sum(hash(t)::HUGEINT) FROM {}.{} AS t"
    return {name: con.execute(query.format(database, name)).fetchall() for (name,) in names}


def refused(work: Callable[[], object]) -> None:
    """Whether what must fail does."""
    with suppress(duckdb.Error):
        work()
        raise AssertionError("what must be refused was done")


def read_nothing(share: Share) -> None:
    with opened_share(share):
        pass


def in_catalogue(catalogue: str, statements: str) -> None:
    with closing(psycopg2.connect(catalogue)) as con, con, con.cursor() as ask:
        ask.execute(statements)


def main() -> None:
    with TemporaryDirectory() as scratch:
        folder = Path(scratch)
        folder.chmod(0o755)
        home = Path(shutil.copytree(sys.argv[1] if sys.argv[1:] else finished_home(folder), folder / "home"))
        with serving(folder / "postgres") as url:
            address = url.partition("@")[2]
            catalogue = f"host=127.0.0.1 port={address.split(':')[1].split('/')[0]} dbname=dagster user=pmks"
            files = folder / "files"
            shares_what_there_is(home, catalogue, files)
            serves_each_directorate_its_own(catalogue, files)
            changes_wholly_or_not_at_all(home, catalogue, files)
            lets_go_of_what_was_erased(home, catalogue, files)
            shares_in_object_storage(home, catalogue)


def shares_what_there_is(home: Path, catalogue: str, files: Path) -> None:
    """Every table and view is as in the file it comes from; the snapshot names the run; nothing is written twice."""
    command = ["ducklake", "--catalogue", catalogue, "--files", files, "--data", home]
    done = pmks(*command)
    assert done.returncode == 0, done.stdout + done.stderr
    sources = {"pmks": home / "warehouse.duckdb"}
    sources |= {f"pmks_{code}": home / "published" / code / "rujukan.duckdb" for code in directorates()}
    with opened(home / "warehouse.duckdb", read_only=True) as con:
        ((run,),) = con.execute("SELECT max_by(run_id, finished_at) FROM audit.runs").fetchall()
    for name, path in sources.items():
        with opened(path, read_only=True) as con:
            there = contents(con, path.stem)
        with opened_share(Share(catalogue, str(files), name)) as con:
            assert contents(con, "share") == there
            snapshots = con.execute("SELECT commit_message FROM share.snapshots() ORDER BY snapshot_id").fetchall()
            assert len(snapshots) == 2, snapshots  # one of the empty share
            assert snapshots[-1] == (run,)
        said(f"{name}: {len(there)} tables and views as in {path.name}")
    before = sorted(files.rglob("*.parquet"))
    again = pmks(*command)
    assert again.returncode == 0, again.stdout + again.stderr
    assert ": 0 " in again.stdout
    assert sorted(files.rglob("*.parquet")) == before
    for file in before[:3]:
        with opened(home / "warehouse.duckdb", read_only=True) as con:
            refused(lambda con=con, file=file: con.execute(f"SELECT * FROM '{file}'").fetchall())
    said(f"{len(before)} files, none of which can be read without the catalogue")


def serves_each_directorate_its_own(catalogue: str, files: Path) -> None:
    """Who may read one schema reads that share and no other, and writes nothing."""
    role, own = f"{DIRECTORATE}_reader", f"pmks_{DIRECTORATE}"
    rights = f"GRANT USAGE ON SCHEMA {own} TO {role}; GRANT SELECT ON ALL TABLES IN SCHEMA {own} TO {role}"
    in_catalogue(catalogue, f"CREATE ROLE {role} LOGIN; {rights}")
    theirs = catalogue.replace("user=pmks", f"user={role}")
    with opened_share(Share(theirs, str(files), own)) as con:
        ((count,),) = con.execute("SELECT count(*) FROM share.rujukan").fetchall()
        assert count > 0
        refused(lambda: con.execute("DELETE FROM share.rujukan").fetchall())
    for name in ("pmks", *(f"pmks_{code}" for code in directorates() if code != DIRECTORATE)):
        refused(partial(read_nothing, Share(theirs, str(files), name)))
    said(f"{role} reads {count} referrals in {own}, and nothing else")


def changes_wholly_or_not_at_all(home: Path, catalogue: str, files: Path) -> None:
    """What the catalogue refuses at the end changes nothing; the next writer brings all in line."""
    share, source = Share(catalogue, str(files), "pmks"), home / "warehouse.duckdb"
    with opened_share(share) as con:
        before = contents(con, "share")
    with opened(source, read_only=False) as con:
        con.execute("DELETE FROM households.persons WHERE person_id IN (SELECT min(person_id) FROM households.persons)")
        con.execute("DROP VIEW audit.checks")
        con.execute("CREATE TABLE audit.more AS SELECT 1 AS one")
    in_catalogue(
        catalogue,
        "CREATE FUNCTION refuse() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RAISE EXCEPTION 'full'; END $$; "
        "CREATE TRIGGER refuse BEFORE INSERT ON pmks.ducklake_snapshot EXECUTE FUNCTION refuse()",
    )
    failed = pmks("ducklake", "--catalogue", catalogue, "--files", files, "--data", home)
    assert failed.returncode == 1
    assert "pmks" in failed.stderr, failed.stderr
    in_catalogue(catalogue, "DROP FUNCTION refuse CASCADE")
    with opened_share(share) as con:
        assert contents(con, "share") == before
    replaced = share_file(source, share, "after", 90)
    assert sorted(replaced) == ["audit.more", "households.persons"], replaced
    with opened(source, read_only=True) as con, opened_share(share) as shared:
        assert contents(shared, "share") == contents(con, source.stem)
        assert shared.execute("SELECT count(*) FROM share.households.persons AT (VERSION => 1)").fetchall()
    said("a change that failed half-way left the share as it was; an older snapshot is still read")


def shares_in_object_storage(home: Path, catalogue: str) -> None:
    """The same in a bucket of an S3 server, whose keys are in the environment."""
    with closing(psycopg2.connect(catalogue)) as con, con.cursor() as ask:
        con.autocommit = True
        ask.execute("CREATE DATABASE objects")
    catalogue = catalogue.replace("dbname=dagster", "dbname=objects")
    import boto3  # an extra; pytest imports this module without it

    keys = {"AWS_ACCESS_KEY_ID": "key", "AWS_SECRET_ACCESS_KEY": "secret", "AWS_REGION": "us-east-1"}
    with object_storage() as endpoint:
        os.environ |= keys | {"AWS_ENDPOINT_URL": endpoint}
        bucket = boto3.client("s3")
        bucket.create_bucket(Bucket="pmks")
        done = pmks("ducklake", "--catalogue", catalogue, "--files", "s3://pmks/lake", "--data", home)
        assert done.returncode == 0, done.stdout + done.stderr
        source = home / "warehouse.duckdb"
        share = Share(catalogue, "s3://pmks/lake", "pmks")
        with opened(source, read_only=True) as con, opened_share(share) as shared:
            assert contents(shared, "share") == contents(con, source.stem)
        objects = bucket.list_objects_v2(Bucket="pmks", Prefix="lake/pmks/")["KeyCount"]
        assert objects > 0
    said(f"the same in a bucket, as {objects} objects")


def lets_go_of_what_was_erased(home: Path, catalogue: str, files: Path) -> None:
    """With `keep_days` 0 no file holds what the newest snapshot does not."""
    share = Share(catalogue, str(files), "pmks")
    before = len(list((files / "pmks").rglob("*.parquet")))
    assert share_file(home / "warehouse.duckdb", share, "after", 0) == []
    with opened_share(share) as con:
        assert len(con.execute("FROM share.snapshots()").fetchall()) == 1
        counted = con.execute("SELECT sum(file_count) FROM ducklake_table_info('share')").fetchall()
    left = len(list((files / "pmks").rglob("*.parquet")))
    assert left < before
    assert counted == [(left,)]
    said(f"{left} of {before} files are left when older snapshots go")


if __name__ == "__main__":
    main()
