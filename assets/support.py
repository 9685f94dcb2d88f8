"""What the Dagster assets of all rooms share: describing a table, and reporting how far a stage is and what it did."""

from __future__ import annotations

import inspect
import sys
import warnings
from collections.abc import Callable, Collection, Generator, Iterable, Iterator, Sequence
from contextlib import contextmanager
from functools import cache, wraps
from typing import Any, ParamSpec, Protocol, TypeVar, cast

import dagster as dg

from assets.partitions import KABUPATEN_PERIODE, partition_key
from validation.directorates import directorates
from warehouse.column_lineage import column_lineage
from warehouse.errors import border
from warehouse.home import DataHome
from warehouse.lake import Partition
from warehouse.refresh import Refresh
from warehouse.sharing.in_line import keep_in_line
from warehouse.stage import Stage, StageResult, StageRun
from warehouse.tables import Table, lake_tables, tables

DATA_TEAM = "team:data-engineering"
Given = ParamSpec("Given")
Result = TypeVar("Result")


def bordered(work: Callable[Given, Result]) -> Callable[Given, Result]:
    """The border around what Dagster runs: an error passes only if its text is vouched for (`warehouse/errors.py`), and
    a step has succeeded once what it made is shared, where machines share a state (`warehouse/sharing/in_line.py`).

    `work`: the function of an asset, sensor or schedule; one of its parameters is the `home`.
    """
    signature = inspect.signature(work)

    @contextmanager
    def bordering(given: tuple[Any, ...], named: dict[str, Any]) -> Iterator[None]:
        home: DataHome = signature.bind(*given, **named).arguments["home"]
        step = _step()
        with border(home.root, step or work.__name__):
            yield
            if step is not None:
                keep_in_line(home)

    if inspect.isgeneratorfunction(work):

        @wraps(work)
        def stepwise(*given: Given.args, **named: Given.kwargs) -> Generator[Any, Any, Any]:
            with bordering(given, named):
                return (yield from work(*given, **named))

        return cast(Callable[Given, Result], stepwise)

    @wraps(work)
    def whole(*given: Given.args, **named: Given.kwargs) -> Result:
        with bordering(given, named):
            return work(*given, **named)

    return whole


def _step() -> str | None:
    """Run and step that are going on; None outside of runs."""
    try:
        context = dg.OpExecutionContext.get()
    except dg.DagsterInvariantViolationError:
        return None
    return f"{context.run.run_id}-{context.op.name}"


class Progress(Protocol):
    """Shows whoever waits how far a run is. A resource of Dagster; `pipelines.progress` implements it."""

    def start(self, stage: str, total: int) -> None:
        """Begin a stage of `total` steps. `stage` is its name, such as `rows`, or its name and for whom it works, such
        as `directorates:rehsos`; what it is called stands in `pipelines/texts/progress.yml`."""

    def advance(self, steps: int = 1) -> None:
        """Count `steps` of the present stage as done."""


def table_schema(table: str) -> dg.TableSchema:
    """The declared schema of a table, for the Columns tab of its asset: types, rules, and who may see each column."""
    declared = tables()[table]
    columns = []
    for column in declared.columns:
        target = [f"in {'.'.join(column.references)}"] if column.references else []
        constraints = dg.TableColumnConstraints(
            nullable=column.nullable, unique=declared.key == (column.name,), other=[*column.rules.values(), *target]
        )
        tags = {"audience": column.audience}
        columns.append(dg.TableColumn(column.name, column.type, column.description, constraints, tags))
    key = [f"key: {', '.join(declared.key)}"] if declared.key else []
    return dg.TableSchema(columns=columns, constraints=dg.TableConstraints(other=key))


def column_lineage_of(table: str) -> dg.TableColumnLineage:
    """The columns of other assets that each column of a table is made from, as declared. Tables without an asset stand
    for what they are made from; what comes from no table is left out."""
    found: dict[str, list[dg.TableColumnDep]] = {}
    for column in tables()[table].names:
        ahead, seen = [(table, column)], {(table, column)}
        shown_by: dict[tuple[str, str], None] = {}
        while ahead:
            new = [source for source in _sources().get(ahead.pop(), ()) if source not in seen]
            seen |= set(new)
            for name, source in new:
                assets = tables()[name].assets
                shown_by |= dict.fromkeys((key, source) for key in assets)
                ahead += [] if assets else [(name, source)]
        found[column] = [dg.TableColumnDep(key.split("/"), source) for key, source in sorted(shown_by)]
    return dg.TableColumnLineage({column: deps for column, deps in found.items() if deps})


@cache
def _sources() -> dict[tuple[str, str], list[tuple[str, str]]]:
    """Table and column of the sources of each column."""
    found: dict[tuple[str, str], list[tuple[str, str]]] = {}
    for edge in column_lineage():
        if edge.source_table in tables():
            found.setdefault((edge.table, edge.column), []).append((edge.source_table, edge.source_column))
    return found


def stage_specs(stage: Stage, *, kinds: set[str]) -> list[dg.AssetSpec]:
    """The specs of all assets that show what a stage writes; what they depend on follows from what it reads."""
    return [
        dg.AssetSpec(
            key.split("/"),
            deps=dependencies(stage),
            group_name=key.split("/")[0],
            kinds=kinds,
            owners=[DATA_TEAM, *([f"team:{directorate.kode}"] if directorate else [])],
            description=directorate.description if directorate else table.description,
            metadata={
                "dagster/column_schema": table_schema(table.name),
                "dagster/column_lineage": column_lineage_of(table.name),
                "dagster/table_name": _in_warehouse(table, key),
                "dagster/code_references": _code_of(stage),
            },
        )
        for table in lake_tables(stage.name).values()
        for key in table.assets
        for directorate in [directorates().get(key.split("/")[1]) if "{directorate}" in table.asset else None]
    ]


def _in_warehouse(table: Table, asset: str) -> str:
    """The name under which people query what an asset shows: of its copy in the warehouse, if it has one."""
    own = asset.replace("/", ".")
    return own if own in tables() else table.warehouse or table.name


def _code_of(stage: Stage) -> dg.CodeReferencesMetadataValue:
    """Where it is computed."""
    path = inspect.getsourcefile(sys.modules[stage.module]) or ""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", dg.BetaWarning)  # links to code are new in Dagster
        reference = dg.LocalFileCodeReference(file_path=path, label=stage.module)
        return dg.CodeReferencesMetadataValue(code_references=[reference])


def dependencies(stage: Stage, directorate: str | None = None) -> list[list[str]]:
    """The keys of the assets that show what a stage reads. `directorate`: of tables that each directorate has its own
    asset of, this one's alone. A table without an asset is shown by those of the stage that writes it."""
    found: dict[str, None] = {}
    for name in stage.sources:
        keys = shown(tables()[name], directorate)
        others = (key for other in lake_tables(tables()[name].stage).values() for key in shown(other, directorate))
        found |= dict.fromkeys(keys or others)
    return [key.split("/") for key in found]


def shown(table: Table, directorate: str | None) -> tuple[str, ...]:
    """The assets that show a table; `directorate`: of one for each directorate, this one's alone."""
    return (table.asset.format(directorate=directorate),) if directorate and table.asset else table.assets


def _metadata(rows: int, results: Sequence[StageResult], row_key: str) -> dict[str, int | bool | str]:
    changed = sum(result.changed for result in results)
    digest = results[0].manifest.digest if len(results) == 1 else ""
    return {row_key: rows, "changed": changed > 0} | ({"digest": digest} if digest else {})


def alone(
    stage: Stage,
    refresh: Refresh,
    progress: Progress,
    work: Callable[[StageRun], Result],
    *,
    run_id: str = "",
    of: str = "",
) -> Result:
    """Do the work of a stage that looks at everything, while no other process does such work. `of`: for whom, if the
    stage works for one at a time."""
    name = f"{stage.name}:{of}" if of else stage.name
    progress.start(name, 1)
    result = refresh.result(name, work, stage.begin(refresh.lake, refresh.home, run_id=run_id))
    progress.advance()
    return result


def report_tables(
    context: dg.AssetExecutionContext, stage: Stage, results: Collection[tuple[Partition | None, StageResult]]
) -> Iterator[dg.MaterializeResult[None]]:
    """One materialization for each asset that shows what the stage wrote: counts only, never values.

    In a run over many partitions each changed partition gets an event of its own too, so that the
    partition pages in the UI are true.
    """
    single = context.has_partition_key if stage.partitioned else False
    for table in lake_tables(stage.name).values():
        for key in table.assets:
            for partition, result in results:
                if not single and partition is not None and result.changed:
                    rows = result.manifest.rows.get(table.name, 0)
                    context.log_event(
                        dg.AssetMaterialization(
                            key.split("/"),
                            partition=partition_key(partition),
                            metadata=_metadata(rows, [result], "dagster/partition_row_count"),
                        )
                    )
            rows = sum(result.manifest.rows.get(table.name, 0) for _, result in results)
            row_key = "dagster/partition_row_count" if single else "dagster/row_count"
            metadata = _metadata(rows, [r for _, r in results], row_key)
            yield dg.MaterializeResult(asset_key=key.split("/"), metadata=metadata)


def claim(
    key: str, name: str, description: str, *, blocking: bool = True, partitioned: bool = False
) -> dg.AssetCheckSpec:
    """A check of the asset `room/name`, named as what it claims. `partitioned`: it holds or not for each kabupaten and
    period by itself, so that one that passes does not hide another that fails."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", dg.PreviewWarning)  # partitions of checks are new in Dagster
        return dg.AssetCheckSpec(
            name, asset=key.split("/"), description=description, blocking=blocking,
            partitions_def=KABUPATEN_PERIODE if partitioned else None,
        )  # fmt: skip


def claim_holds(
    spec: dg.AssetCheckSpec, exceptions: int, *, warn: bool = False, examples: Iterable[str] = ()
) -> dg.AssetCheckResult:
    """The result of a claim: it holds when there are no exceptions. `examples` are ids, never personal values."""
    severity = dg.AssetCheckSeverity.WARN if warn else dg.AssetCheckSeverity.ERROR
    return dg.AssetCheckResult(
        asset_key=spec.asset_key,
        check_name=spec.name,
        passed=exceptions == 0,
        severity=severity,
        metadata={"exceptions": exceptions, "examples": ", ".join(list(examples)[:5])},
    )
