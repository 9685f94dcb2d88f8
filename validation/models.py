"""What is true of a frame at each border: pandera models, and the one way to apply them.

Frames arrive parsed, in nullable types; a model coerces nothing and drops nothing. A failure that has no row is a
broken check or a missing column, and fails loudly rather than masking the rest.
"""

from __future__ import annotations

import re
from typing import Annotated, Any

import pandas as pd
import pandera.pandas as pa
from pandera.engines import pandas_engine
from pandera.typing import Series
from pandera.typing.pandas import Category

from validation.categories import pmks_types

NUMBER_STATUS = [
    "sound", "missing", "placeholder", "wrong_length", "impossible_date",
    "last_digit_lost", "numeric_doubt", "swapped", "same_as_other",
]  # fmt: skip
HEX_32 = r"^[0-9a-f]{32}$"
VILLAGE = r"^\d{2}\.\d{2}\.\d{2}\.\d{4}$"
PERIOD = r"^\d{4}(-S[12]|-(0[1-9]|1[0-2]))?$"
THREE_DIGITS = r"^\d{3}$"
FORMS = {
    "submission_id": r"^[0-9a-f]{64}$",
    "kode_desa": VILLAGE,
    "periode": PERIOD,
    "rt": THREE_DIGITS,
    "rw": THREE_DIGITS,
}
"""Forms of columns of few distinct values, which are looked at once each."""


Microseconds = Annotated[pandas_engine.DateTime, {}, "us", None, False, {}]
"""Dates as pandas 3 keeps them: datetime64[us], at midnight."""


class InvalidFrameError(ValueError):
    """A frame breaks its model. The message names columns and checks and counts rows; it holds no values."""


class Frame(pa.DataFrameModel):
    """What all models share: exactly the declared columns, nothing coerced."""

    class Config:
        strict = True
        coerce = False
        ordered = True

    @classmethod
    def columns(cls) -> dict[str, str]:
        """Column names in order, each with its type as text."""
        return {name: str(column.dtype) for name, column in cls.to_schema().columns.items()}


class AcceptedRecord(Frame):
    """One row an accepted data row (border 2)."""

    record_id: Series[str] = pa.Field(str_matches=HEX_32, unique=True)
    submission_id: Series[Category]
    sheet: Series[Category]
    row: Series[pd.Int64Dtype] = pa.Field(ge=1)
    kode_desa: Series[Category]
    periode: Series[Category]
    nik: Series[str] = pa.Field(nullable=True)
    nik_status: Series[Category] = pa.Field(isin=NUMBER_STATUS)
    no_kk: Series[str] = pa.Field(nullable=True)
    kk_status: Series[Category] = pa.Field(isin=NUMBER_STATUS)
    nama: Series[str] = pa.Field(str_length={"min_value": 2})
    nama_asli: Series[str]
    jenis_kelamin: Series[Category] = pa.Field(isin=["L", "P"], nullable=True)
    tempat_lahir: Series[Category] = pa.Field(nullable=True)
    tanggal_lahir: Series[Microseconds] = pa.Field(nullable=True)
    presisi_lahir: Series[Category] = pa.Field(isin=["hari", "bulan", "tahun", "umur"], nullable=True)
    umur: Series[pd.Int64Dtype] = pa.Field(ge=0, le=125, nullable=True)
    hubungan: Series[Category] = pa.Field(nullable=True)
    kepala_keluarga: Series[str] = pa.Field(nullable=True)
    alamat: Series[str] = pa.Field(nullable=True)
    dusun: Series[Category] = pa.Field(nullable=True)
    rt: Series[Category] = pa.Field(nullable=True)
    rw: Series[Category] = pa.Field(nullable=True)
    kode_pmks: Series[object]
    jenis_disabilitas: Series[Category] = pa.Field(nullable=True)
    terlantar: Series[pd.BooleanDtype] = pa.Field(nullable=True)
    nama_ibu: Series[str] = pa.Field(nullable=True)
    nama_ayah: Series[str] = pa.Field(nullable=True)
    status_hidup: Series[Category] = pa.Field(isin=["hidup", "meninggal", "pindah"], nullable=True)
    status_padan: Series[Category] = pa.Field(nullable=True)
    status_layak: Series[Category] = pa.Field(nullable=True)
    berita_acara: Series[Category] = pa.Field(nullable=True)

    @pa.check("submission_id", "kode_desa", "periode", "rt", "rw", name="form")
    def _form(cls, texts: Series[str]) -> bool:  # noqa: N805
        return all(re.match(FORMS[str(texts.name)], text) for text in texts.dropna().unique())

    @pa.check("kode_pmks", name="known_categories")
    def _known_categories(cls, codes: Series[object]) -> bool:  # noqa: N805
        known = pmks_types().keys()
        return all(held and known >= set(held) for held in set(map(tuple, codes)))


class QuarantinedRecord(Frame):
    """One row a data row that cannot count yet."""

    record_id: Series[str] = pa.Field(str_matches=HEX_32, unique=True)
    submission_id: Series[Category]
    sheet: Series[Category]
    row: Series[pd.Int64Dtype] = pa.Field(ge=1)
    reasons: Series[object]
    raw: Series[str]

    @pa.check("reasons", name="reasons_are_named")
    def _named(cls, reasons: Series[object]) -> Series[bool]:  # noqa: N805
        return reasons.map(bool)  # type: ignore[return-value]


ACCEPTED_COLUMNS: tuple[str, ...] = tuple(AcceptedRecord.columns())
OF_FEW_TEXTS = frozenset(name for name, kind in AcceptedRecord.columns().items() if kind == "category")
"""Text columns in which many rows say the same: each text is kept once, in memory (the lake keeps plain text)."""


def validate(model: type[Frame], frame: pd.DataFrame) -> pd.DataFrame:
    """Check a frame against its model, all checks at once. Returns it unchanged, or raises `InvalidFrameError`.

    The frame's index must be a plain range: failures are counted by row.
    """
    if frame.empty:
        return frame
    try:
        model.validate(frame, lazy=True, inplace=True)
    except pa.errors.SchemaErrors as errors:
        raise InvalidFrameError(_summary(model.__name__, errors.failure_cases)) from None
    return frame


def _summary(name: str, cases: Any) -> str:
    counts = cases.groupby(["column", "check"], dropna=False)["index"].agg(["size", "count"]).reset_index()
    told = [
        f"{row['column']}: {str(row['check'])[:60]} ({row['size']} cases{'' if row['count'] else ', whole column'})"
        for _, row in counts.iterrows()
    ]
    return f"{name} is broken: " + "; ".join(told)
