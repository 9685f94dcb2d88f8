"""A run of the chain as OpenLineage events: each stage as a job, with the tables and columns that it read and wrote.

Source: the specification at openlineage.io, version 2-0-2. Made from the chain and from declarations; holds no row.
"""

from __future__ import annotations

import json
import urllib.request
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any
from uuid import NAMESPACE_URL, UUID, uuid5

from pipelines.stages import STAGES
from validation.directorates import directorates
from warehouse.chain import Link
from warehouse.column_lineage import OUTSIDE, PUBLISHED, Edge, column_lineage, known_columns, outside
from warehouse.files import write_whole
from warehouse.projection import NOT_PROJECTED, declared_of
from warehouse.stage import Stage
from warehouse.tables import projection, tables

NAMESPACE = "pmks"
REFRESH = "refresh"
"""The job that the stages of a run are parts of."""
SECONDS = 10.0
_SPEC = "https://openlineage.io/spec"
_FACETS = {
    "columnLineage": "1-2-0/ColumnLineageDatasetFacet",
    "jobType": "2-0-4/JobTypeJobFacet",
    "outputStatistics": "1-0-2/OutputStatisticsOutputDatasetFacet",
    "parent": "1-2-0/ParentRunFacet",
    "processing_engine": "1-1-1/ProcessingEngineRunFacet",
    "schema": "1-2-0/SchemaDatasetFacet",
    "version": "1-0-1/DatasetVersionDatasetFacet",
}
_KIND = {"copied": "IDENTITY"}
Said = dict[str, Any]


def events_of(run: Link) -> list[Said]:
    """The events of a run, as JSON objects: the refresh begins, each stage begins and ends, the refresh ends.

    `run`: the run's entry in the chain, which says when it was, and how many rows of which content each table held.
    """
    events = _Events(run)
    return [
        events.of(REFRESH, "START"),
        *(event for stage in STAGES for event in events.of_stage(stage)),
        events.of(REFRESH, "COMPLETE"),
    ]


def deliver(events: Iterable[Said], goal: str) -> None:
    """Send events to an `http://` or `https://` address, one by one, or write them to a file, one a line.

    Raises `OSError` where the address does not answer or refuses, or the file cannot be written.
    """
    lines = [json.dumps(event, ensure_ascii=False).encode() for event in events]
    if not goal.startswith(("http://", "https://")):
        write_whole(Path(goal), b"\n".join(lines) + b"\n")
        return
    for line in lines:
        request = urllib.request.Request(goal, line, {"Content-Type": "application/json"})
        with urllib.request.urlopen(request, timeout=SECONDS):
            pass


class _Events:
    """Makes the events of one run."""

    def __init__(self, run: Link) -> None:
        self.said = run.said
        self.producer = f"urn:pmks-referral-pipeline:{run.said['program']}"
        self.edges: dict[str, list[Edge]] = {}
        for edge in column_lineage():
            self.edges.setdefault(edge.table, []).append(edge)

    def of_stage(self, stage: Stage) -> Iterator[Said]:
        written = stage.writes or _PRODUCTS.get(stage.name, ())
        read = [*stage.sources] if stage.reads else [OUTSIDE]
        inputs = [self._dataset(name) for name in read]
        yield self.of(stage.name, "START", inputs=inputs)
        outputs = [self._output(name) for name in written]
        yield self.of(stage.name, "COMPLETE", inputs=inputs, outputs=outputs)

    def of(self, job: str, kind: str, **datasets: list[Said]) -> Said:
        at = self.said["started_at" if kind == "START" else "ended_at"]
        of_run = {"processing_engine": self._facet("processing_engine", name=NAMESPACE, version=self.said["program"])}
        if job != REFRESH:
            above = {"run": {"runId": self._id(REFRESH)}, "job": {"namespace": NAMESPACE, "name": REFRESH}}
            of_run["parent"] = self._facet("parent", **above)
        about = {"processingType": "BATCH", "integration": "PMKS", "jobType": "JOB"}
        return {
            "eventType": kind,
            "eventTime": f"{at}Z",
            "producer": self.producer,
            "schemaURL": f"{_SPEC}/2-0-2/OpenLineage.json#/$defs/RunEvent",
            "run": {"runId": self._id(job), "facets": of_run},
            "job": {"namespace": NAMESPACE, "name": job, "facets": {"jobType": self._facet("jobType", **about)}},
            "inputs": [],
            "outputs": [],
            **datasets,
        }

    def _id(self, job: str) -> str:
        run_id = str(self.said["run_id"])
        return run_id if job == REFRESH and _is_uuid(run_id) else str(uuid5(NAMESPACE_URL, f"{run_id} {job}"))

    def _dataset(self, name: str) -> Said:
        facets = {"schema": self._facet("schema", fields=list(_columns(name)))}
        if held := self.said["tables"].get(name):
            facets["version"] = self._facet("version", datasetVersion=held["content"])
        return {"namespace": NAMESPACE, "name": name, "facets": facets}

    def _output(self, name: str) -> Said:
        made = self._dataset(name)
        fields: dict[str, Said] = {}
        for edge in self.edges.get(PUBLISHED if name.startswith("published.") else name, ()):
            how = {"type": "DIRECT", "subtype": _KIND.get(edge.how, "TRANSFORMATION"), "masking": edge.how in _MASKING}
            source = {"namespace": NAMESPACE, "name": edge.source_table, "field": edge.source_column}
            fields.setdefault(edge.column, {"inputFields": []})["inputFields"].append(
                source | {"transformations": [how]}
            )
        if fields:
            made["facets"]["columnLineage"] = self._facet("columnLineage", fields=fields)
        if held := self.said["tables"].get(name):
            made["outputFacets"] = {"outputStatistics": self._facet("outputStatistics", rowCount=held["rows"])}
        return made

    def _facet(self, name: str, /, **content: Any) -> Said:
        version, _, definition = _FACETS[name].partition("/")
        url = f"{_SPEC}/facets/{version}/{definition}.json#/$defs/{definition}"
        return {"_producer": self.producer, "_schemaURL": url, **content}


_MASKING = ("masked", "pseudonym")
_PRODUCTS: Mapping[str, tuple[str, ...]] = {
    "warehouse": (*projection(), *NOT_PROJECTED),
    "directorates": tuple(f"published.{code}.rujukan" for code in directorates()),
}
"""What stages write that are no tables of the lake, and have columns."""


def _columns(name: str) -> Iterator[Said]:
    """The columns of a dataset: name, and what is declared of type and content."""
    if name == OUTSIDE:
        yield from ({"name": column, "description": text} for column, text in outside().items())
    elif name.startswith("published."):
        yield from ({"name": column} for column in known_columns(PUBLISHED))
    else:
        declared = tables()[name] if name in tables() else declared_of(name)
        yield from ({"name": c.name, "type": c.type, "description": c.description} for c in declared.columns)


def _is_uuid(text: str) -> bool:
    try:
        return str(UUID(text)) == text
    except ValueError:
        return False
