"""Which column feeds which field: what headers name, confirmed by what the cells below them hold."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import pairwise

from assets.intake.formats.grid import column_letter
from assets.intake.sheets.evidence import Content, evidence_text, fits, is_tick, strength
from assets.intake.sheets.headers import PSEUDO, HeaderCell, fields_named, header_fields, header_key, names_category
from assets.intake.sheets.legends import (
    CODED,
    Codes,
    are_categories,
    is_disability,
    legend_of,
    names_official_relations,
    pairs_in,
    profile_codes,
    relation_codes,
)
from assets.intake.sheets.membership import take_membership, take_roles
from assets.intake.sheets.months import take_months
from assets.intake.sheets.people import name_the_listed, settle_people
from assets.intake.sheets.standing_columns import (
    ASKS_STANDING,
    letters_of_life,
    lists_the_gone,
    take_replaced,
    take_standing,
)
from assets.intake.sheets.tick_matrix import (
    coded_matrix,
    holds_categories,
    is_marked,
    read_answer,
    read_sex,
    settle_marks,
    settle_matrix,
    take_disabilities,
    take_sexes,
    take_unknown_marks,
)
from assets.intake.sheets.year_columns import leave_older_years, without_year
from validation.categories import is_category
from validation.vocabulary import disability_alone, disability_of

SECOND_PART = "bagian kedua nama"
_SERVES = 0.5
"""Share of the fullest rival's cells that a column needs for its purity to count."""
_TWO_FIELDS = frozenset({("tempat_lahir", "tanggal_lahir"), ("rt", "rw")})
_BEHIND = re.compile(r"LAMA$|PENGURUS$|^ALAMAT.*(?:KTP|KK)|^ALAMAT.*ASAL$|^[KC]LA?USTER")
"""Columns that go behind others of their field: what was before, who sees to a family's aid, addresses where people may
not live, and groups of categories."""
_BESIDES = re.compile(r"(?:UTAMA|LAINNYA|LAIN|TAMBAHAN|KEDUA)$")
_OF_CODES = re.compile(r"(?:KODE|KD|JENIS|JNS|TIPE|KELOMPOK|KRITERIA|KLASIFIKASI|MASALAH|SOSIAL)+")
"""Keys of headers below which codes of categories may stand, if a legend explains them."""
_PARTS_OF_DATE = (("TANGGAL", "TGL", "HARI"), ("BULAN", "BLN"), ("TAHUN", "THN"))


@dataclass(slots=True)
class Column:
    """One column under one header.

    `category` and `disability` mark a column of a tick matrix, `sex` one of a pair `L | P`, `answer` one of a pair
    `YA | TIDAK`: what they say is said by their headers, of the rows that tick them.
    """

    index: int
    letter: str
    header: str
    fields: tuple[str, ...] = ()
    by: str | None = None
    evidence: str = ""
    code_map: Codes | None = None
    category: str | None = None
    sex: str | None = None
    disability: str | None = None
    answer: str | None = None
    parts: tuple[int, ...] = ()
    """The columns of day, month and year, where a birth date stands in three of which this is the first."""
    denying: frozenset[str] = frozenset()
    """Marks in it that say no, as those beside them say yes."""
    is_number: bool = False
    is_ignored: bool = False
    """Whether its header is known and of no use here (`PSEUDO`)."""
    content: Content | None = field(default=None, repr=False)

    @property
    def is_ticked(self) -> bool:
        """Whether the header says what the cells only tick."""
        return bool(self.category or self.disability or self.sex or self.answer)

    def is_tick(self, text: str) -> bool:
        """Whether a cell ticks what the header says."""
        return is_tick(text) and text.strip().lower() not in self.denying


def map_columns(
    cells: Sequence[HeaderCell],
    contents: Mapping[int, Content],
    first_column: int,
    declared: Mapping[str, str | None],
    legends: Mapping[str, Codes],
    declared_sex: Codes | None = None,
    listed: str | None = None,
    declared_codes: Mapping[str, Codes] | None = None,
) -> list[Column]:
    """Map every column that has a header or any cell; unknown ones stay in the list without fields.

    `declared` (header text or column letter → field, `+` between two) decides over everything. A field goes to one
    column: the declared one, else the one whose cells are most like it. `listed`: whom the titles say the list is of.
    """
    by_column = {cell.column: without_year(cell) for cell in cells}
    headers = {cell.column: cell.text for cell in cells}
    said = {header_key(name): value for name, value in declared.items()}
    letters = {name.strip().upper(): value for name, value in declared.items()}
    columns: list[Column] = []
    for index in sorted({*by_column, *contents}):
        cell = by_column.get(index)
        letter = column_letter(first_column + index)
        header = headers.get(index, "")
        column = Column(index, letter, header, content=contents.get(index))
        key = header_key(header)
        if (key and key in said) or letter in letters:
            value = said[key] if key and key in said else letters[letter]
            column.fields = tuple(value.split("+")) if value else ()
            column.by = "sidecar"
        elif cell:
            _read_header(column, cell)
        elif columns and columns[-1].index == index - 1:
            _read_span(column, columns[-1], by_column)
        columns.append(column)
    _settle_spans(columns)
    _join_dates(columns, by_column)
    _name_by_content(columns, legends.get("kategori", {}))
    _name_kinds_by_content(columns)
    coded_matrix(columns, by_column, legends.get("kategori", {}))
    take_unknown_marks(columns, by_column)
    settle_matrix(columns)
    take_sexes(columns, by_column)
    take_disabilities(columns, by_column)
    settle_marks(columns)
    take_standing(columns, by_column)
    take_replaced(columns)
    take_membership(columns, by_column)
    take_roles(columns)
    take_months(columns)
    settle_people(columns, listed)
    leave_older_years(columns)
    _settle_rivals(columns)
    name_the_listed(columns)
    _attach_codes(
        columns, legends, {**(declared_codes or {}), **({"jenis_kelamin": declared_sex} if declared_sex else {})}
    )
    return columns


def _read_header(column: Column, cell: HeaderCell) -> None:
    content = column.content
    if read_sex(column, cell):
        return
    if content and content.ticks and is_marked(content) and read_answer(column, cell):
        return
    fields, by = header_fields(cell.texts)
    if not fields and content and is_marked(content) and _names_disability(cell):
        column.fields, column.by, column.disability = ("jenis_disabilitas",), "alias", cell.leaf
        column.evidence = "kolom tanda jenis disabilitas"
        return
    if fields == ("jenis_disabilitas",) and content and content.ticks and is_marked(content) and is_category(cell.leaf):
        column.category = cell.leaf
        return
    if ASKS_STANDING.fullmatch(header_key(cell.leaf)) and content and (status := _status(content)):
        fields, by = (status,), "content"
    if not fields and content and not names_category(cell.leaf) and lists_the_gone(cell.leaf, content):
        fields, by = (content.status() or "",), "content"
    if not fields:
        if names_category(cell.leaf):
            column.category = cell.leaf
        return
    if fields[0] in PSEUDO:
        column.is_number, column.is_ignored = fields[0] == "nomor", True
        return
    if content:
        if fields == ("tanggal_lahir",) and content.stated >= 3 and content.share(content.dated_texts) >= 0.3:
            fields, by = ("tempat_lahir", "tanggal_lahir"), "content"
        elif fields in (("rt",), ("rw",)) and content.stated >= 3 and content.share(content.rt_rws) >= 0.5:
            fields, by = ("rt", "rw"), "content"
        refused = [name for name in fields if not fits(name, header_key(cell.text), content)]
        if refused and len(fields) == 1:
            column.evidence = f"kepala kolom menyebut {fields[0]}, tetapi {evidence_text(fields[0], content)}"
            return
        column.evidence = evidence_text(fields[-1], content)
    column.fields, column.by = fields, by


def _names_disability(cell: HeaderCell) -> bool:
    """Whether a header is a kind of disability below one for such kinds; one that is a category is left to these."""
    below = len(cell.texts) > 1 and fields_named(cell.texts[-2]) == ("jenis_disabilitas",)
    return below and is_disability(cell.leaf) and not names_category(cell.leaf)


def _status(content: Content) -> str | None:
    """Whose status a column of that name holds: by its words of life, marriage, family, matching or worthiness."""
    of_family = content.stated >= 3 and content.share(content.relations) >= 0.6
    return content.status() or ("hubungan" if of_family else None)


def _read_span(column: Column, left: Column, cells: Mapping[int, HeaderCell]) -> None:
    """A column without a header, right of one whose header its own cells do not bear out: the header spans both."""
    cell = cells.get(left.index)
    if cell and not left.fields and not left.category and column.content and column.content.stated >= 3:
        column.header = cell.text
        _read_header(column, HeaderCell(column.index, cell.texts))
        if not column.fields:
            column.header, column.evidence = "", ""


def _settle_spans(columns: Sequence[Column]) -> None:
    """A header for two fields over two columns gives each its own, where neither holds both."""
    for left, right in pairwise(columns):
        spans = not right.header or header_key(right.header) == header_key(left.header)
        if left.fields not in _TWO_FIELDS or right.index != left.index + 1 or not spans or left.by == "sidecar":
            continue
        content, beside = left.content, right.content
        if not content or not beside or beside.stated < 3 or right.fields not in ((), left.fields):
            continue
        if left.fields == ("rt", "rw"):
            apart = content.share(content.rt_rws) < 0.2 and beside.share(beside.rts) >= 0.6
        else:
            apart = content.share(content.dates + content.dated_texts) < 0.2 and beside.share(beside.dates) >= 0.5
        if apart:
            first, second = left.fields
            right.header, right.by = right.header or left.header, left.by
            left.fields, left.evidence = (first,), evidence_text(first, content)
            right.fields, right.evidence = (second,), evidence_text(second, beside)


def _join_dates(columns: Sequence[Column], cells: Mapping[int, HeaderCell]) -> None:
    """Day, month and year in three columns under one header are one birth date; nothing else of it is a field."""

    def is_part(column: Column, words: Sequence[str]) -> bool:
        texts = cells[column.index].texts if column.index in cells else ()
        named = len(texts) > 1 and header_key(texts[-1]) in words and column.by != "sidecar"
        return named and header_fields(texts[:-1])[0] == ("tanggal_lahir",)

    for at, first in enumerate(columns):
        if any(is_part(first, words) for words in _PARTS_OF_DATE):
            first.fields, first.by, first.evidence = (), None, ""
        three = columns[at : at + len(_PARTS_OF_DATE)]
        if len(three) == len(_PARTS_OF_DATE) and all(map(is_part, three, _PARTS_OF_DATE)):
            first.fields, first.by, first.evidence = ("tanggal_lahir",), "alias", "tanggal, bulan, dan tahun"
            first.parts = tuple(column.index for column in three)


def _name_by_content(columns: Sequence[Column], legend: Codes) -> None:
    """Where no header names the category, the column whose cells nearly all name one, or whose header may ask for codes
    and whose cells are codes that a legend explains as categories, holds it."""
    if any(column.category or "kategori" in column.fields for column in columns):
        return
    for column in columns:
        content = column.content
        unknown = column.header and not column.fields and not column.by and not column.is_number
        if not unknown or not content or content.stated < 3:
            continue
        coded = sum(text.strip().lstrip("0") in legend for text in content.texts)
        may_be_codes = _OF_CODES.fullmatch(header_key(column.header)) and content.share(coded) >= 0.9
        if content.share(content.categories) >= 0.9 or may_be_codes:
            column.fields, column.by = ("kategori",), "content"
            column.evidence = evidence_text("kategori", content)
            return


def _name_kinds_by_content(columns: Sequence[Column]) -> None:
    """Where no header names the kind of disability, the unknown column whose cells nearly all are one holds it, if some
    cannot be of anything else: `Fisik` may be violence, too."""
    if any("jenis_disabilitas" in column.fields or column.disability for column in columns):
        return
    for column in columns:
        content = column.content
        if column.fields or column.by or column.is_number or not column.header or not content or content.stated < 3:
            continue
        kinds = sum(disability_of(text) is not None for text in content.texts)
        if content.share(kinds) >= 0.9 and any(map(disability_alone, content.texts)):
            column.fields, column.by = ("jenis_disabilitas",), "content"
            column.evidence = evidence_text("jenis_disabilitas", content)
            return


def _settle_rivals(columns: list[Column]) -> None:
    """Give each field to one column only, except that matrix columns, sex pairs and categories that are counted through
    (`PMKS 1`, `PMKS 2`) share theirs."""
    claims: dict[str, list[Column]] = {}
    for column in columns:
        if not column.is_ticked:
            for name in column.fields:
                claims.setdefault(name, []).append(column)
    matrix = any(column.category for column in columns)
    for name, rivals in claims.items():
        most = max(_filled(column) for column in rivals)
        ranked = sorted(rivals, key=lambda c: _rank(c, name, most))
        winner = ranked[0]
        for other in ranked[1:]:
            if name == "nama" and _goes_on(winner, other):
                other.evidence = SECOND_PART
                continue
            if name == "kategori" and _one_of_several(winner, other) and holds_categories(other.content):
                continue
            other.fields = tuple(f for f in other.fields if f != name)
            if not other.fields:
                other.by, other.evidence = None, f"kolom {winner.letter} lebih cocok untuk {name}"
        if name == "kategori" and matrix and winner.content and not winner.content.filled:
            winner.fields = ()


def _goes_on(one: Column, other: Column) -> bool:
    """Whether a name goes on in the next column: one header spans both, or they are `depan` and `belakang`, and the
    first holds single words."""
    left, right = sorted((one, other), key=lambda column: column.index)
    first, second = header_key(left.header), header_key(right.header)
    parts = first == second or (first.endswith("DEPAN") and second.endswith("BELAKANG"))
    if not parts or right.index != left.index + 1 or not left.content or not right.content:
        return False
    words = [len(text.split()) for text in left.content.texts if text.strip()]
    return words.count(1) >= 0.8 * len(words) and right.content.share(right.content.names) >= 0.5


def _one_of_several(one: Column, other: Column) -> bool:
    """Whether two columns hold categories of one kind: counted through (`Jenis PMKS 2`, `PPKS II`), or one of them for
    what a person has besides (`PMKS LAINNYA`)."""
    keys = [header_key(re.sub(r"(?:\s+[IVX]+|\s*\d)\s*$", "", column.header)) for column in (one, other)]
    bare = {_BESIDES.sub("", key).removeprefix("JENIS") for key in keys}
    return keys[0] == keys[1] or (len(bare) == 1 and any(map(_BESIDES.search, keys)))


def _filled(column: Column) -> int:
    return column.content.filled if column.content else 0


def _rank(column: Column, name: str, most: int) -> tuple[bool, bool, bool, float, bool, int, bool, int]:
    """What makes one column better than another for a field; `most`: how many cells the fullest of them has.

    A column that serves few of the people comes behind one that serves most, however pure it is.
    """
    filled = _filled(column)
    like = round(strength(name, column.content), 1) if column.content else 0.0
    few = filled < _SERVES * most
    behind = bool(_BEHIND.search(header_key(column.header)))
    declared = column.by == "sidecar"
    return not declared, not filled, few, -like, behind, len(column.fields), column.by == "fuzzy", column.index


def _attach_codes(columns: list[Column], legends: Mapping[str, Codes], declared: Mapping[str, Codes]) -> None:
    """What the codes of a column mean: as declared, by its header, by a legend, or by the software it came from."""
    headers = [column.header for column in columns]
    kinds = legends.get("jenis_disabilitas", {})
    if "kategori" not in legends and are_categories(kinds) and "jenis_disabilitas" not in field_columns(columns):
        legends = {**legends, "kategori": kinds}
    for column in columns:
        name = column.fields[0] if len(column.fields) == 1 else ""
        if name not in CODED or column.is_ticked:
            continue
        own = legend_of(pairs_in(column.header))
        if name in declared:
            column.code_map = declared[name]
        elif own and own[0] == name:
            column.code_map = own[1]
        elif name in legends:
            column.code_map = legends[name]
        elif name == "status_hidup" and (letters := letters_of_life(column.header, column.content)):
            column.code_map = letters
        elif codes := profile_codes(column.header, headers) or _official_relations(column):
            column.code_map = codes
            column.by = "profile" if column.by == "alias" else column.by


def _official_relations(column: Column) -> Codes | None:
    """The relations 1 to 11 of the population office, where the header names its list and the cells are numbers."""
    if column.fields != ("hubungan",) or not column.content or column.content.small != column.content.stated:
        return None
    return relation_codes() if names_official_relations(column.header) else None


def number_column(columns: Iterable[Column]) -> int:
    """The index of the column that counts the rows; -1 where there is none."""
    return next((column.index for column in columns if column.is_number), -1)


def field_columns(columns: Iterable[Column]) -> dict[str, Column]:
    """The column of each field, the first where several share it; those that are ticked aside."""
    found: dict[str, Column] = {}
    for column in columns:
        for name in () if column.is_ticked else column.fields:
            found.setdefault(name, column)
    return found
