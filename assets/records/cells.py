"""Raw rows as columns of cells, and a collector of findings that knows which cell each is about."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from typing import Any, TypeVar

import numpy as np
import numpy.typing as npt
import pandas as pd

from validation.fields import FIELDS
from validation.findings import CATALOGUE, FINDING_COLUMNS, message_of

T = TypeVar("T")
Mask = npt.NDArray[np.bool_]
Texts = npt.NDArray[np.object_]
PLACE = ["submission_id", "sheet", "row"]


class Cells:
    """The raw rows of a partition, sorted by place: one text array and one type array a field."""

    def __init__(self, raw_rows: pd.DataFrame, columns: pd.DataFrame) -> None:
        self.frame = raw_rows.sort_values(PLACE, ignore_index=True)
        self.size = len(self.frame)
        codes = np.frombuffer("".join(self.frame["types"]).encode("ascii"), dtype="S1")
        self._types = codes.reshape(self.size, len(FIELDS))
        self._maps = _code_maps(columns)

    def kind(self, field: str) -> npt.NDArray[np.bytes_]:
        """The type of each cell of a field, as in `raw_rows.types`."""
        return self._types[:, FIELDS.index(field)]

    def text(self, field: str) -> Texts:
        """The cells of a field as text; empty, error and uncalculated cells are ''. Declared codes are written out."""
        column = self.frame[field].astype("object")
        told = column.where(column.notna(), "").to_numpy(dtype="object", copy=True)
        told[np.isin(self.kind(field), [b"e", b"u"])] = ""
        mine = self._maps[self._maps["field"] == field]
        if mine.empty:
            return told
        return self._written_out(told, mine)

    def _written_out(self, told: Texts, maps: pd.DataFrame) -> Texts:
        keys = self.frame[["submission_id", "sheet", "header_row"]].astype({"header_row": "Int64"})
        found = keys.merge(maps, on=["submission_id", "sheet", "header_row"], how="left")["code_map"]
        out = told.copy()
        for text in found.dropna().unique():
            meanings = json.loads(text)
            rows = np.flatnonzero((found == text).to_numpy(dtype=bool, na_value=False))
            out[rows] = [meanings.get(_code(told[i]), told[i]) for i in rows]
        return out


def _code(text: str) -> str:
    plain = text.strip()
    return plain[:-2] if plain.endswith(".0") else plain


def _code_maps(columns: pd.DataFrame) -> pd.DataFrame:
    mapped = columns.dropna(subset=["code_map", "field"])
    return mapped[["submission_id", "sheet", "header_row", "field", "code_map"]].drop_duplicates(
        ["submission_id", "sheet", "header_row", "field"]
    )


def by_value(parse: Callable[..., T], *parts: npt.NDArray[Any]) -> list[T]:
    """Apply `parse` to each row of `parts`, once for each distinct combination; the results in row order."""
    known: dict[tuple[Any, ...], T] = {}
    out = []
    for values in zip(*parts, strict=True):
        if values not in known:
            known[values] = parse(*values)
        out.append(known[values])
    return out


def array(values: Sequence[Any]) -> Texts:
    """A one-dimensional object array, whatever the values are."""
    out = np.empty(len(values), dtype="object")
    out[:] = list(values)
    return out


class Findings:
    """Collects findings by rows and field; the column letter is looked up once, at the end."""

    def __init__(self, cells: Cells, columns: pd.DataFrame) -> None:
        self._cells, self._columns = cells, columns
        self._parts: list[pd.DataFrame] = []

    def add(self, code: str, where: Mask, field: str | None, **facts: str | Texts) -> None:
        """Note `code` for the rows `where`. A fact is one text, or one a row (of all rows); never a person's value."""
        rows = np.flatnonzero(where)
        if not len(rows):
            return
        if any(isinstance(fact, np.ndarray) for fact in facts.values()):
            told = [
                message_of(code, **{k: v[i] if isinstance(v, np.ndarray) else v for k, v in facts.items()})
                for i in rows
            ]
        else:
            told = [message_of(code, **facts)] * len(rows)
        part = pd.DataFrame({"at": rows, "field": field, "code": code, "message": told})
        self._parts.append(part)

    def frame(self) -> pd.DataFrame:
        """All findings, as in `validation.findings.FINDING_COLUMNS`, in order of place and code."""
        if not self._parts:
            empty = pd.DataFrame(columns=list(FINDING_COLUMNS), dtype="object")
            return empty.astype({c: "Int64" if c == "row" else "str" for c in FINDING_COLUMNS})
        found = pd.concat(self._parts, ignore_index=True)
        places = self._cells.frame[[*PLACE, "header_row"]].iloc[found["at"]].reset_index(drop=True)
        found = pd.concat([places, found.drop(columns="at")], axis=1)
        letters = self._columns.dropna(subset=["field"]).drop_duplicates(
            ["submission_id", "sheet", "header_row", "field"]
        )
        found = found.astype({"field": "str"}).merge(
            letters[["submission_id", "sheet", "header_row", "field", "column"]],
            on=["submission_id", "sheet", "header_row", "field"],
            how="left",
        )
        found["severity"] = found["code"].map({code: entry["severity"] for code, entry in CATALOGUE.items()})
        ordered = found.sort_values([*PLACE, "code", "field"], ignore_index=True)[list(FINDING_COLUMNS)]
        return ordered.astype({c: "Int64" if c == "row" else "str" for c in FINDING_COLUMNS})
