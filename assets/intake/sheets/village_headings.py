"""Villages of a list of a kecamatan that stand over their people by name alone: `I. SUKARAMI`, `Ds. Harapan`.

Danger: a hamlet is taken for a village; or people below a heading that nobody understood are counted for the village
above it. Remedy: such headings are looked for only where the title or the path names the kecamatan or kabupaten, and
the title no village, and believed only where two of them at least are villages there. Another heading in the same form
then is one as well: its people wait, if no village bears that name.
"""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Iterator, Mapping, Sequence
from typing import NamedTuple

from assets.intake.sheets.data_rows import DataRow, fill_blanks
from assets.intake.sheets.evidence import known_category
from assets.intake.sheets.grid import Grid
from assets.intake.sheets.labels import FAMILY, labelled_values, region_names
from assets.intake.sheets.layout import SheetRead
from assets.intake.sheets.rows import hamlet_named
from assets.intake.sheets.sources import Said
from assets.intake.sheets.standing import row_of, standing_named
from assets.intake.sheets.values import REGIONS
from validation import regions

_ORDINAL = re.compile(r"^\s*(?:[A-Z]|[IVX]{1,5}|\d{1,2})(?:\s*[.)]+\s*|\s+|$)")
_PREFIX = re.compile(
    r"^(?:nama\s+)?(?:desa(?:\s*/\s*kel(?:urahan)?)?|ds|kelurahan|kel|nagari|gampong|pekon)\b[\s.:–-]*", re.IGNORECASE
)
_KIND = re.compile(r"^(?:kampung|kampong|kp|lembang|negeri|ohoi)\b[\s.:–-]*", re.IGNORECASE)
"""What a village is called in some regions, where its official name may begin so or not."""
_WEAK = re.compile(r"\b(?:ds|kampung|kampong|lembang|negeri|ohoi)\b[\s.]*", re.IGNORECASE)
_COUNT = re.compile(r"[\s:=(–-]+\d{1,5}\s*(?:orang|org|jiwa|kk|pmks|penerima)?\s*\)?\s*$", re.IGNORECASE)
_AGAIN = re.compile(r"[\s(,–-]+(?:lanjutan|lanj|sambungan)\b[\s.)]*$", re.IGNORECASE)
_CODE = re.compile(r"\d[\d.]{8,}\d")
_FEWEST, _MOST_CELLS = 2, 4
"""So many headings are villages at least; a row of one has so many cells at most: ordinal, label, name, count."""
_ENDS = ("kecamatan",)
"""The form of a heading that names the kecamatan of the villages below it."""
_ABOVE = regions.ABOVE_VILLAGES
_NO_HEADINGS = frozenset({"header", "numbering", "subtotal", "footer"})


class _Heading(NamedTuple):
    row: int
    column: int
    text: str
    form: tuple[object, ...]
    known: bool
    person: bool
    above: Said
    """The regions above it, or its code, and where they stand; "title" for what all rows of the sheet are given."""


def villages_by_headings(read: SheetRead, grid: Grid, of_path: Mapping[str, str]) -> None:
    """Give each row the village whose name alone stands over it. `of_path`: regions that the file's path names."""
    if "desa" in read.labels or not read.rows:
        return
    named = {**of_path, **read.labels}
    within = {name: (named[name], "title" if name in read.labels else "file") for name in _ABOVE if name in named}
    if any("desa" in row.cells and "desa" not in row.filled for row in read.rows):
        return
    found = list(_headings(read, grid, within))
    if any(heading.person and not heading.known for heading in found):  # people of whom nothing but a name is known
        found = [heading for heading in found if not heading.person]
    known = [heading for heading in found if heading.known]
    if len({regions.name_key(heading.text) for heading in known}) < _FEWEST:
        return
    forms = {_ENDS, *(heading.form for heading in known)}
    headings = [heading for heading in found if heading.form in forms]
    nobody = {heading.row + grid.first_row for heading in headings}
    read.rows = [row for row in read.rows if row.row not in nobody]
    starts = [heading.row + grid.first_row for heading in headings]
    for start in starts:
        if read.kinds[start - 1] != "title":
            read.kinds[start - 1] = "band"
    for row in read.rows:
        if at := bisect_right(starts, row.row):
            _belongs(row, headings[at - 1], starts[at - 1], grid, read.kinds[starts[at - 1] - 1])


def village_of_titles(read: SheetRead, of_path: Mapping[str, str]) -> None:
    """Take the village of a list from a title that names it without its label, or by a label that other things have as
    well (`DS. HARAPAN`, `KAMPUNG YOKA`), where title or path name the kecamatan, and one village there is called so."""
    named = {**of_path, **read.labels}
    if "desa" in read.labels or "kecamatan" not in named or any("desa" in row.cells for row in read.rows):
        return
    within = {name: (named[name], "title") for name in _ABOVE if name in named}
    found = {}
    for text in read.titles:
        labelled = region_names(_WEAK.sub("DESA ", text)).get("desa", "")
        alone = "" if regions.same_name(text, named["kecamatan"]) else text
        for name in (labelled, alone):
            if name and _is_village(name, within):
                found[regions.name_key(name)] = name
                break
    if len(found) == 1:
        read.labels["desa"] = next(iter(found.values()))


def _belongs(row: DataRow, heading: _Heading, start: int, grid: Grid, kind: str) -> None:
    """Give a row the village of the heading over it, unless one that is labelled stands between; what was said above
    the heading is of another village."""
    if row_of(row.filled.get("desa", "")) > start:
        return
    for name in (*FAMILY, *REGIONS):
        if row.filled.get(name, "").startswith(("band@", "title@")) and row_of(row.filled[name]) <= start:
            del row.cells[name], row.filled[name]
    place = f"{'title' if kind == 'title' else 'band'}@{grid.cell(heading.row, heading.column)}"
    fill_blanks(row, {name: (text, at or place) for name, (text, at) in heading.above.items() if at != "title"})
    if heading.text:
        row.cells["desa"], row.filled["desa"] = (heading.text, "t"), place


def _headings(read: SheetRead, grid: Grid, within: Said) -> Iterator[_Heading]:
    """The lone texts over people that may name a village, and whether a village bears that name."""
    last = read.rows[-1].row - grid.first_row
    people = {row.row for row in read.rows}
    above = dict(within)
    for row in range(last):
        kind = read.kinds[row + grid.first_row - 1]
        if kind in _NO_HEADINGS or grid.filled(row) > _MOST_CELLS or (alone := _alone(grid.texts[row])) is None:
            continue
        column, text = alone
        named = {**region_names(text), **labelled_values(grid.texts[row])}
        if village := regions.village(regions.village_code_in(text) or ""):
            beside = named.get("desa") or ("" if "kode_desa_baris" in named else _PREFIX.sub("", _CODE.sub("", text)))
            name = beside.strip(" .:()–-") or village.name
            yield _Heading(row, column, name, ("code",), True, False, {"kode_desa_baris": (village.code, "")})
            continue
        if named.keys() & set(_ABOVE) and "desa" not in named:
            if kind == "band":  # of another kecamatan: the village above ends
                above |= {name: (named[name], f"band@{grid.cell(row, column)}") for name in _ABOVE if name in named}
                yield _Heading(row, column, "", _ENDS, False, False, dict(above))
            continue
        name, known = _name(text, above)
        person = row + grid.first_row in people
        if name and (known or person or (kind == "band" and not _says_else(text, named))):
            labelled = bool(_PREFIX.match(_ORDINAL.sub("", text)))
            form = (column, bool(_ORDINAL.match(text)), labelled, grid.filled(row))
            yield _Heading(row, column, name, form, known, person, dict(above))


def _says_else(text: str, named: Mapping[str, str]) -> bool:
    """Whether a heading names a family, a hamlet, a category or who is gone."""
    bare = _ORDINAL.sub("", text)
    hamlet = hamlet_named(text)
    return (
        bool(named.keys() & {*FAMILY, "kategori"})
        or hamlet is not None
        or bool(standing_named(bare))
        or known_category(bare)
    )


def _alone(texts: Sequence[str]) -> tuple[int, str] | None:
    """The column and text of the one cell of a row that is more than an ordinal, a count or a label."""
    said = [(c, text.strip()) for c, text in enumerate(texts) if text and not _ORDINAL.fullmatch(text.strip())]
    if len(said) == 2 and _PREFIX.fullmatch(said[0][1]):
        said = said[1:]
    return said[0] if len(said) == 1 and any(map(str.isalpha, said[0][1])) else None


def _name(text: str, above: Said) -> tuple[str, bool]:
    """What a heading names, and whether a village of the regions above bears exactly that name."""
    whole = _COUNT.sub("", _AGAIN.sub("", text))
    bare = _PREFIX.sub("", _ORDINAL.sub("", whole))
    choices = [_PREFIX.sub("", whole), bare, _KIND.sub("", bare)]
    known = next((name for name in choices if name and _is_village(name, above)), None)
    return (known, True) if known else (bare.strip(), False)


def _is_village(name: str, above: Said) -> bool:
    kecamatan, kabupaten, provinsi = (above[region][0] if region in above else None for region in _ABOVE)
    return bool(kecamatan or kabupaten) and any(
        regions.is_called(code, name)
        and (not kecamatan or regions.same_name(regions.district_name(code[:8]), kecamatan))
        for code in regions.find(name, kecamatan, kabupaten, provinsi)
    )
