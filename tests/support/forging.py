"""Rewriting a data home as somebody would who knows the code: what was changed fits to all that lies beside it."""

from __future__ import annotations

import hashlib
import io
import json
from collections.abc import Callable
from contextlib import suppress
from dataclasses import replace
from datetime import datetime
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from assets.publications.directorates import said_of_their_making
from assets.publications.stages.directorates import PUBLISH, publish
from assets.publications.stages.reports import REPORT, report
from assets.publications.stages.villages import RETURN, return_to_villages
from assets.publications.standing import NOTE
from pipelines.proof.chain_claims import lying_there
from validation.directorates import directorates
from warehouse.chain import BEGINNING, ISSUED, RUN, as_bytes, begins_so, ledger_of, read_chain, state_of
from warehouse.contents import content_hash, contents, rows_of
from warehouse.files import sha256_of
from warehouse.home import DataHome
from warehouse.lake import Lake, Partition, declared, digest_of
from warehouse.manifests import Manifests
from warehouse.projection import project
from warehouse.standing_checks import history_of_checks, note_checks
from warehouse.wholeness import DIGEST_LENGTH, SECOND_COPIES

Change = Callable[[pa.Table], pa.Table]


def parts_of(lake: Lake, table: str) -> list[Partition | None]:
    """The kabupaten and periods of which a table has a file, or None for one that is not so divided."""
    return [key for key, manifest in lake.manifests(declared(table).stage).items() if table in manifest.files]


def rewrite_table(home: DataHome, table: str, change: Change, partition: Partition | None = None) -> None:
    """Change a table as no stage would let it: its file and the file's name, its second copy, its manifest with rows,
    digest and checksum. The warehouse stays (`rewrite_warehouse`)."""
    lake, stage = Lake(home.lake), declared(table).stage
    before = lake.manifest(stage, partition)
    assert before is not None
    made = change(pq.read_table(lake.root / before.files[table]))
    sink = io.BytesIO()
    pq.write_table(made, sink, compression="zstd")
    name = f"part-{hashlib.sha256(sink.getvalue()).hexdigest()[:DIGEST_LENGTH]}.parquet"
    file = f"{before.files[table].rpartition('/')[0]}/{name}"
    for folder in (lake.root, lake.root / SECOND_COPIES) if declared(table).irreplaceable else (lake.root,):
        (folder / file).write_bytes(sink.getvalue())
        if file != before.files[table]:
            (folder / before.files[table]).unlink()
    files, rows = before.files | {table: file}, before.rows | {table: made.num_rows}
    names = {t: f.rpartition("part-")[2].removesuffix(".parquet") for t, f in files.items()}
    Manifests(lake.root).write(replace(before, files=files, rows=rows, digest=digest_of(names)), partition)


def rewrite_warehouse(home: DataHome) -> None:
    """Bring the warehouse, the note beside it, and the end of the log of standing checks in line with the lake."""
    project(Lake(home.lake), home.warehouse)
    _rewrite_checks(home)


def rewrite_chain(home: DataHome) -> dict[str, str]:
    """Write the chain anew, so that its last run came to what the lake holds now, no list is named that is not
    registered, and files, ledgers, rules and models are as they lie there. Returns each run's new head by the old."""
    before = [link.head for link in read_chain(ledger_of(home))[0] if link.kind == RUN]
    entries = [json.loads(line)["entry"] for line in ledger_of(home).read_bytes().splitlines()]
    lake = Lake(home.lake)
    registered = set(lake.read("submissions")["submission_id"])
    runs: list[dict[str, Any]] = [entry for entry in entries if entry["kind"] == RUN]
    for run in runs:
        run["new"]["submissions"] = sorted(registered & set(run["new"]["submissions"]))
    named = {sid for run in runs for sid in run["new"]["submissions"]}
    last = runs[-1]
    last["new"]["submissions"] = sorted({*last["new"]["submissions"], *(registered - named)})
    last["submissions"] = {"count": len(registered), "content": digest_of(sorted(registered))}
    held = contents(lake)
    last["tables"] = {t: {"rows": rows_of(parts), "content": content_hash(parts)} for t, parts in held.items()}
    _account_for_files(home, entries)
    lines, previous = [], BEGINNING
    for entry in entries:
        line = as_bytes({"entry": entry | {"previous": previous}})
        previous = hashlib.sha256(line).hexdigest()
        lines.append(line)
    ledger_of(home).write_bytes(b"\n".join(lines) + b"\n")
    after = [link.head for link in read_chain(ledger_of(home))[0] if link.kind == RUN]
    return dict(zip(before, after, strict=True))


def _rewrite_checks(home: DataHome) -> None:
    """Let the log of standing checks end with what they find in the warehouse as it is now."""
    log = history_of_checks(home)
    lines = log.read_bytes().splitlines(keepends=True)
    last = json.loads(lines[-1])
    log.write_bytes(b"".join(lines[:-1]))
    note_checks(home, run_id=last["run_id"], at=datetime.fromisoformat(last["at"]))


def _account_for_files(home: DataHome, entries: list[dict[str, Any]]) -> None:
    """Say of every file that entries name, and that is still there, what it holds now; name what else lies there."""
    for entry in entries:
        for name, folder in (("files", home.root), ("kept", home.archive)):
            if name in entry:
                there = {path for path in entry[name] if (folder / path).is_file()}
                entry[name] = {path: sha256_of(folder / path) for path in sorted(there)}
        for name in ("ledgers", "notes"):
            for path, state in entry.get(name, {}).items():
                entry[name][path] = state if begins_so(home.root / path, state) else state_of(home.root / path)
    issued = [entry for entry in entries if entry["kind"] == ISSUED]
    named = {path for entry in issued for path in entry["files"]}
    for path in set(lying_there(home)) - named if issued else ():
        issued[-1]["files"][path] = sha256_of(home.root / path)
    kept = [path for folder in ("rules", "models") for path in (home.archive / folder).glob("*")]
    run = [entry for entry in entries if entry["kind"] == RUN][-1]
    run["kept"] |= {path.relative_to(home.archive).as_posix(): sha256_of(path) for path in kept}


def _rewrite_note(note: Path, heads: dict[str, str]) -> None:
    """Let a note of what was written say new heads of runs in place of the old."""
    written = json.loads(note.read_bytes())
    for part in written["parts"].values():
        part["said"]["bukti"] = heads.get(part["said"]["bukti"], part["said"]["bukti"])
    note.write_bytes(json.dumps(written, indent=1).encode())


def rewrite_published(home: DataHome, heads: dict[str, str]) -> None:
    """Hand everything out anew as if it had been so, with new heads of runs in place of the old. Of what nothing can
    be made any more, the files stay as they are."""
    lake = Lake(home.lake)
    for directorate in directorates():
        if (home.published / directorate).exists():
            said = said_of_their_making(home.published / directorate)
            folders = (home.published / directorate, home.restricted / directorate)
            kept = {path: path.read_bytes() for folder in folders for path in folder.glob("rujukan*.*")}
            for path in kept:
                path.unlink()  # or those that say the same are left as they are
            _rewrite_note(home.published / directorate / NOTE, heads)
            try:
                publish(PUBLISH.begin(lake, home), directorate, said | {"bukti": heads[said["bukti"]]})
            except Exception:
                for path, content in kept.items():
                    path.write_bytes(content)
    for again, stage in ((report, REPORT), (return_to_villages, RETURN)):
        with suppress(Exception):
            again(stage.begin(lake, home))
