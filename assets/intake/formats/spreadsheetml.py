"""SpreadsheetML 2003, the XML that web applications save as `.xls`."""

from collections.abc import Iterator
from datetime import datetime

from lxml import etree

from assets.intake.formats.archive import local, safe_parser
from assets.intake.formats.declarations import refuse_entities
from assets.intake.formats.grid import Builder
from assets.intake.formats.limits import Limits
from assets.intake.formats.messages import unreadable
from assets.intake.formats.numbers import number
from assets.intake.formats.workbook import Cell, CellError, Sheet, Uncalculated, Workbook

_KIND = "XML lembar kerja"
_SS = "{urn:schemas-microsoft-com:office:spreadsheet}"


def read_spreadsheetml(data: bytes, limits: Limits) -> Workbook:
    """One sheet for each Worksheet. Numbers keep every digit that stands in the file.

    Errors: `Unreadable` (`corrupt` where it is not well-formed, `extent`, `xml_entities`).
    """
    refuse_entities(data, _KIND)
    try:
        root = etree.fromstring(data, safe_parser())
    except etree.XMLSyntaxError as error:
        raise unreadable("corrupt", kind=_KIND) from error
    struck = {
        style.get(_SS + "ID")
        for style in root.iter(_SS + "Style")
        if any(font.get(_SS + "StrikeThrough") == "1" for font in style.iter(_SS + "Font"))
    }
    worksheets = root.findall(_SS + "Worksheet")
    if not worksheets:
        raise unreadable("corrupt", kind=_KIND)
    return Workbook("spreadsheetml", [_sheet(e, index, struck, limits) for index, e in enumerate(worksheets, 1)])


def _sheet(worksheet: etree._Element, index: int, struck: set[str | None], limits: Limits) -> Sheet:
    builder = Builder(worksheet.get(_SS + "Name", f"Lembar {index}"), index, limits)
    builder.hidden = any(local(e) == "Visible" and (e.text or "").startswith("SheetHidden") for e in worksheet.iter())
    for row, row_number in _numbered(worksheet.iterfind(f"{_SS}Table/{_SS}Row"), 1, "Span"):
        if row.get(_SS + "Hidden") == "1":
            builder.hidden_rows.add(row_number)
        for cell, column in _numbered(row.iterfind(_SS + "Cell"), 0, "MergeAcross"):
            across, down = _whole(cell, "MergeAcross", 0), _whole(cell, "MergeDown", 0)
            if across or down:
                builder.merged.append((row_number, column, row_number + down, column + across))
            builder.put(row_number, column, _value(cell), cell.get(_SS + "StyleID") in struck)
    return builder.sheet()


def _numbered(elements: Iterator[etree._Element], first: int, reach: str) -> Iterator[tuple[etree._Element, int]]:
    """Elements with their place: `ss:Index` counts from 1 and skips; without it an element follows the one before,
    and what that one reaches over."""
    place = first
    for element in elements:
        place = _whole(element, "Index", place - first + 1) - 1 + first
        yield element, place
        place += 1 + _whole(element, reach, 0)


def _whole(element: etree._Element, attribute: str, default: int) -> int:
    text = element.get(_SS + attribute)
    if text is None:
        return default
    if not text.isdecimal() or len(text) > 9 or (attribute == "Index" and int(text) < 1):
        raise unreadable("corrupt", kind=_KIND)
    return int(text)


def _value(cell: etree._Element) -> Cell:
    data = next((e for e in cell if local(e) == "Data"), None)
    formula = cell.get(_SS + "Formula")
    text = "".join(data.itertext()) if data is not None else ""  # type: ignore[arg-type]
    if not text:
        return Uncalculated(formula) if formula and data is None else ""
    kind = data.get(_SS + "Type") if data is not None else None
    if kind == "Number":
        return number(text)
    if kind == "DateTime":
        return _moment(text)
    if kind == "Boolean":
        return text.strip() == "1"
    return CellError(text) if kind == "Error" else text


def _moment(text: str) -> Cell:
    try:
        return datetime.fromisoformat(text)
    except ValueError:
        return text
