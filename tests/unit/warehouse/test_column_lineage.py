"""What is declared of where columns come from, against the declarations of the stages, and against what they do."""

from __future__ import annotations

from pathlib import Path
from random import Random

import pytest
from lxml import html

from assets.records.stages.validate import VALIDATE
from pipelines.docs.lineage import lineage_page
from pipelines.stages import STAGES
from tests.support import probing
from warehouse.column_lineage import OUTSIDE, column_lineage, known_columns
from warehouse.lake import Lake
from warehouse.projection import NOT_PROJECTED
from warehouse.stage import Columns, Stage
from warehouse.tables import lake_tables, projection, tables

_GROUPS, _TOGETHER = 2, 4
"""So many times so many columns are changed together, chosen once; `python -m tests.support.probing` changes all."""


def test_every_column_of_every_table_has_a_source_that_exists() -> None:
    found = {(edge.table, edge.column) for edge in column_lineage()}
    named = [*lake_tables(), *projection(), *NOT_PROJECTED]
    assert not {(name, column) for name in named for column in known_columns(name)} - found
    assert all(edge.source_column in known_columns(edge.source_table) for edge in column_lineage())


def test_every_link_of_the_page_leads_to_a_column_or_a_table() -> None:
    page = html.fromstring(lineage_page())
    places = page.xpath("//@id")
    assert len(places) == len(set(places))
    assert {goal[1:] for goal in page.xpath("//a/@href")} <= set(places)
    (row,) = page.xpath('//tr[@id="published.rujukan.nik"]')
    assert row.xpath("./td[1]/a/text()") == ["persons.nik"] and "masked" in row.text_content()


def test_a_stage_makes_its_columns_of_what_it_may_read_or_writes_itself() -> None:
    for stage in STAGES:
        may = {read.table: read.columns for read in stage.reads if isinstance(read, Columns)}
        for edge in column_lineage():
            if edge.table not in stage.writes or edge.source_table in (OUTSIDE, *stage.writes):
                continue
            assert edge.source_table in stage.sources, edge
            assert edge.source_column in may.get(edge.source_table, known_columns(edge.source_table)), edge


def test_a_table_of_the_warehouse_is_made_of_the_lake_tables_that_it_is_declared_to_be_made_of() -> None:
    for name, sources in projection().items():
        read = {edge.source_table for edge in column_lineage() if edge.table == name}
        assert read <= {*sources, OUTSIDE}, name
        assert tables().get(name) is None or read, name


@pytest.mark.parametrize("stage", probing.STAGES, ids=lambda stage: stage.name)
def test_nothing_comes_out_otherwise_than_what_is_declared_to_be_made_of_a_changed_column(
    stage: Stage, finished: Path, tmp_path: Path
) -> None:
    home = probing.probe_home(finished, tmp_path / "home")
    partitions = stage.partitions(Lake(home.lake)) if stage.partitioned else [None]
    before = probing.computed(stage, home, partitions[-1])
    columns = list(probing.readable(stage))
    Random(stage.name).shuffle(columns)
    for at in range(0, _TOGETHER * _GROUPS, _TOGETHER):
        some = columns[at : at + _TOGETHER]
        after = probing.computed(stage, home, partitions[-1], some)
        assert not probing.undeclared(stage, some, before, after), some


def test_a_source_that_is_not_declared_is_found(finished: Path, tmp_path: Path) -> None:
    home = probing.probe_home(finished, tmp_path / "home")
    partition = VALIDATE.partitions(Lake(home.lake))[-1]
    before = probing.computed(VALIDATE, home, partition)
    after = probing.computed(VALIDATE, home, partition, [("raw_rows", "alamat"), ("raw_rows", "nama")])
    assert probing.undeclared(VALIDATE, [("raw_rows", "nama")], before, after)[0] == "accepted.alamat"
