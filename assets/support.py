"""What the Dagster assets of all rooms share: one way to describe a table and to report what a stage did."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Sequence

import dagster as dg

from assets.partitions import partition_key, partition_of
from warehouse.lake import Partition
from warehouse.stage import StageResult
from warehouse.tables import tables

WRITER_POOL = "duckdb_writer"
DATA_TEAM = "team:data-engineering"


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


def table_spec(
    key: str,
    table: str,
    *,
    deps: Sequence[str],
    kinds: set[str],
    owners: Sequence[str] = (DATA_TEAM,),
    description: str | None = None,
) -> dg.AssetSpec:
    """The spec of the asset `room/name` that writes the lake table `table`."""
    return dg.AssetSpec(
        key.split("/"),
        deps=[d.split("/") for d in deps],
        group_name=key.split("/")[0],
        kinds=kinds,
        owners=list(owners),
        description=description or tables()[table].description,
        metadata={"dagster/column_schema": table_schema(table), "dagster/table_name": table},
    )


def _metadata(rows: int, results: Sequence[StageResult], row_key: str) -> dict[str, int | bool | str]:
    changed = sum(result.changed for result in results)
    digest = results[0].manifest.digest if len(results) == 1 else ""
    return {row_key: rows, "changed": changed > 0} | ({"digest": digest} if digest else {})


def report_tables(
    context: dg.AssetExecutionContext, assets: dict[str, str], results: Collection[tuple[Partition | None, StageResult]]
) -> Iterator[dg.MaterializeResult[None]]:
    """One materialization for each asset (`room/name` → lake table), counts only, never values.

    In a run over many partitions each changed partition gets an event of its own too, so that the
    partition pages in the UI are true.
    """
    single = partition_of(context)
    for key, table in assets.items():
        for partition, result in results:
            if single is None and partition is not None and result.changed:
                rows = result.manifest.rows.get(table, 0)
                context.log_event(
                    dg.AssetMaterialization(
                        key.split("/"),
                        partition=partition_key(partition),
                        metadata=_metadata(rows, [result], "dagster/partition_row_count"),
                    )
                )
        rows = sum(result.manifest.rows.get(table, 0) for _, result in results)
        row_key = "dagster/partition_row_count" if single else "dagster/row_count"
        yield dg.MaterializeResult(asset_key=key.split("/"), metadata=_metadata(rows, [r for _, r in results], row_key))


def claim(key: str, name: str, description: str, *, blocking: bool = True) -> dg.AssetCheckSpec:
    """A check of the asset `room/name`, named as what it claims."""
    return dg.AssetCheckSpec(name, asset=key.split("/"), description=description, blocking=blocking)


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
