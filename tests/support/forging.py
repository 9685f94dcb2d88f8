"""Rewriting a data home as somebody would who knows the code: what was changed fits to all that lies beside it."""

from __future__ import annotations

import hashlib
import io
import json
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from warehouse.chain import BEGINNING, RUN, ledger_of
from warehouse.contents import content_hash, contents, rows_of
from warehouse.home import DataHome
from warehouse.lake import Lake, Partition, declared, digest_of
from warehouse.manifests import Manifests
from warehouse.projection import project
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
    """Bring the warehouse, and the note beside it, in line with the lake."""
    project(Lake(home.lake), home.warehouse)


def rewrite_chain(home: DataHome) -> None:
    """Write the chain anew, so that its last run came to what the lake holds now, and no list is named that is not
    registered."""
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
    lines, previous = [], BEGINNING
    for entry in entries:
        line = json.dumps({"entry": entry | {"previous": previous}}).encode()
        previous = hashlib.sha256(line).hexdigest()
        lines.append(line)
    ledger_of(home).write_bytes(b"\n".join(lines) + b"\n")
