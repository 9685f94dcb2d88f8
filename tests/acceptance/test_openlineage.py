"""A run is told as OpenLineage events that fit together: jobs that begin and end, datasets, columns, counts."""

from __future__ import annotations

import json
import threading
from datetime import datetime
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest
from click.testing import CliRunner, Result

from pipelines.commands.openlineage import openlineage
from pipelines.stages import STAGES
from warehouse.chain import RUN, ledger_of, read_chain
from warehouse.home import DataHome

COMMAND = CliRunner(env={"COLUMNS": "200"})
Said = dict[str, Any]


def ask(home: DataHome, *options: str) -> Result:
    return COMMAND.invoke(openlineage, ["--data", str(home.root), "--lang", "en", *options])


@pytest.fixture(scope="module")
def events(scene: DataHome) -> list[Said]:
    return [json.loads(line) for line in ask(scene).output.splitlines()]


def test_each_stage_begins_and_ends_as_a_part_of_the_refresh(events: list[Said]) -> None:
    jobs = ["refresh", *(stage.name for stage in STAGES for _ in "12"), "refresh"]
    assert [event["job"]["name"] for event in events] == jobs
    (refresh,) = {event["run"]["runId"] for event in events if event["job"]["name"] == "refresh"}
    for name in jobs:
        mine = [event for event in events if event["job"]["name"] == name]
        assert [event["eventType"] for event in mine] == ["START", "COMPLETE"]
        (run_id,) = {event["run"]["runId"] for event in mine}
        assert str(UUID(run_id)) == run_id
        parents = {event["run"]["facets"].get("parent", {}).get("run", {}).get("runId") for event in mine}
        assert parents == ({None} if name == "refresh" else {refresh})
    assert all(datetime.fromisoformat(event["eventTime"]).utcoffset() is not None for event in events)


def test_columns_come_from_datasets_that_the_job_reads_or_writes(events: list[Said]) -> None:
    ended = [event for event in events if event["eventType"] == "COMPLETE" and event["outputs"]]
    for event in ended:
        columns = {d["name"]: {f["name"] for f in d["facets"]["schema"]["fields"]} for d in event["inputs"]}
        columns |= {d["name"]: {f["name"] for f in d["facets"]["schema"]["fields"]} for d in event["outputs"]}
        for made in event["outputs"]:
            for column, sources in made["facets"]["columnLineage"]["fields"].items():
                assert column in columns[made["name"]]
                for source in sources["inputFields"]:
                    known = columns.get(source["name"])
                    assert (known is None and source["name"] == "outside") or source["field"] in (known or ()), source
    (rehsos,) = [d for event in ended for d in event["outputs"] if d["name"] == "published.rehsos.rujukan"]
    (source,) = rehsos["facets"]["columnLineage"]["fields"]["nik"]["inputFields"]
    assert (source["name"], source["field"]) == ("persons", "nik")
    assert source["transformations"][0]["masking"] is True


def test_counts_and_versions_are_those_of_the_chain(events: list[Said], scene: DataHome) -> None:
    run = [link for link in read_chain(ledger_of(scene))[0] if link.kind == RUN][-1].said
    (accepted,) = [d for event in events for d in event["outputs"] if d["name"] == "accepted"]
    assert accepted["outputFacets"]["outputStatistics"]["rowCount"] == run["tables"]["accepted"]["rows"]
    assert accepted["facets"]["version"]["datasetVersion"] == run["tables"]["accepted"]["content"]


def test_events_are_written_to_a_file_or_posted_one_by_one(events: list[Said], scene: DataHome, tmp_path: Path) -> None:
    assert ask(scene, "--to", str(tmp_path / "lineage.jsonl")).output == f"{len(events)} events delivered.\n"
    assert [json.loads(line) for line in (tmp_path / "lineage.jsonl").read_text().splitlines()] == events
    got: list[Said] = []

    class Catalogue(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            got.append(json.loads(self.rfile.read(int(self.headers["Content-Length"]))))
            self.send_response(201 if self.path == "/api/v1/lineage" else 404)
            self.end_headers()

        def log_message(self, *said: object) -> None:
            """Nothing."""

    with HTTPServer(("127.0.0.1", 0), Catalogue) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        address = f"http://127.0.0.1:{server.server_port}"
        assert ask(scene, "--to", f"{address}/api/v1/lineage").exit_code == 0
        refused = ask(scene, "--to", f"{address}/other")
        server.shutdown()
    assert got[: len(events)] == events
    assert (refused.exit_code, refused.output) == (1, "Error: The events could not be delivered (HTTPError).\n")


def test_a_run_that_is_not_in_the_chain_is_not_told(scene: DataHome) -> None:
    assert ask(scene, "--run", "tidak-ada").exit_code == 1
