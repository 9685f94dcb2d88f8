"""One invented grid written in every format that is read, by real writers where there are any, else by hand."""

import csv
import datetime as dt
from collections.abc import Callable, Mapping, Sequence
from io import BytesIO, StringIO
from pathlib import Path
from xml.sax.saxutils import escape, quoteattr
from zipfile import ZIP_DEFLATED, ZipFile

import openpyxl
import xlsxwriter
import xlwt

Value = str | int | float | bool | dt.date | dt.datetime
Grid = Sequence[Sequence[Value]]

_MAIN = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
_RELATIONS = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
_PACKAGE = "http://schemas.openxmlformats.org/package/2006"


def zipped(parts: Mapping[str, str | bytes], first: str | None = None) -> bytes:
    buffer = BytesIO()
    with ZipFile(buffer, "w", ZIP_DEFLATED) as archive:
        for name in sorted(parts, key=lambda name: name != first):
            archive.writestr(name, parts[name])
    return buffer.getvalue()


def raw_xlsx(sheet: str, workbook: str = "", more: Mapping[str, str | bytes] | None = None) -> bytes:
    """An xlsx whose only sheet has this XML; `workbook` stands inside the workbook element, before the sheets."""
    sheet_type, overall = f"{_RELATIONS}/worksheet", f"{_RELATIONS}/officeDocument"
    return zipped(
        {
            "[Content_Types].xml": f'<Types xmlns="{_PACKAGE}/content-types"><Default Extension="xml" '
            'ContentType="application/xml"/></Types>',
            "_rels/.rels": f'<Relationships xmlns="{_PACKAGE}/relationships"><Relationship Id="r1" Type="{overall}" '
            'Target="xl/workbook.xml"/></Relationships>',
            "xl/workbook.xml": f'<workbook xmlns="{_MAIN}" xmlns:r="{_RELATIONS}">{workbook}'
            '<sheets><sheet name="Data" sheetId="1" r:id="r1"/></sheets></workbook>',
            "xl/_rels/workbook.xml.rels": f'<Relationships xmlns="{_PACKAGE}/relationships"><Relationship Id="r1" '
            f'Type="{sheet_type}" Target="worksheets/sheet1.xml"/></Relationships>',
            "xl/worksheets/sheet1.xml": sheet,
        }
        | dict(more or {})
    )


def sheet_xml(rows: str) -> str:
    return f'<worksheet xmlns="{_MAIN}"><sheetData>{rows}</sheetData></worksheet>'


def by_xlsxwriter(path: Path, grid: Grid) -> None:
    with xlsxwriter.Workbook(str(path)) as book:
        sheet = book.add_worksheet("Data")
        day = book.add_format({"num_format": "dd/mm/yyyy"})
        moment = book.add_format({"num_format": "dd/mm/yyyy hh:mm:ss"})
        for row, column, value in _held(grid):
            if isinstance(value, str):
                sheet.write_string(row, column, value)
            elif isinstance(value, bool):
                sheet.write_boolean(row, column, value)
            elif isinstance(value, int | float):
                sheet.write_number(row, column, value)
            else:
                sheet.write_datetime(row, column, value, moment if isinstance(value, dt.datetime) else day)


def by_openpyxl(path: Path, grid: Grid) -> None:
    book = openpyxl.Workbook()
    sheet = book.worksheets[0]
    for row, column, value in _held(grid):
        cell = sheet.cell(row + 1, column + 1)
        cell.value = value
        if isinstance(value, str):
            cell.data_type = "s"  # also where it looks like a formula or an error
    book.save(path)


def by_xlwt(path: Path, grid: Grid) -> None:
    book = xlwt.Workbook()
    sheet = book.add_sheet("Data")
    day, moment = xlwt.easyxf(num_format_str="dd/mm/yyyy"), xlwt.easyxf(num_format_str="dd/mm/yyyy hh:mm:ss")
    for row, column, value in _held(grid):
        if isinstance(value, dt.date):
            sheet.write(row, column, value, moment if isinstance(value, dt.datetime) else day)
        else:
            sheet.write(row, column, value)
    book.save(str(path))


def as_ods(path: Path, grid: Grid) -> None:
    rows = "".join(f"<table:table-row>{''.join(map(_ods_cell, row))}</table:table-row>" for row in grid)
    path.write_bytes(raw_ods(f'<table:table table:name="Data">{rows}</table:table>'))


def raw_ods(tables: str, styles: str = "", manifest: str = "") -> bytes:
    namespaces = " ".join(
        f'xmlns:{name}="urn:oasis:names:tc:opendocument:xmlns:{name}:1.0"'
        for name in ("office", "table", "text", "style")
    )
    calculated = 'xmlns:calcext="urn:org:documentfoundation:names:experimental:calc:xmlns:calcext:1.0"'
    content = (
        f"<office:document-content {namespaces} {calculated}>"
        f"<office:automatic-styles>{styles}</office:automatic-styles>"
        f"<office:body><office:spreadsheet>{tables}</office:spreadsheet></office:body></office:document-content>"
    )
    parts = {"mimetype": "application/vnd.oasis.opendocument.spreadsheet", "content.xml": content}
    return zipped(parts | ({"META-INF/manifest.xml": manifest} if manifest else {}), first="mimetype")


def _ods_cell(value: Value) -> str:
    if value == "" and isinstance(value, str):
        return "<table:table-cell/>"
    if isinstance(value, str):
        kind, shown = 'office:value-type="string"', value
    elif isinstance(value, bool):
        kind, shown = f'office:value-type="boolean" office:boolean-value="{str(value).lower()}"', str(value).upper()
    elif isinstance(value, int | float):
        kind, shown = f'office:value-type="float" office:value="{value!r}"', "9,1E+15"
    else:
        kind, shown = f'office:value-type="date" office:date-value="{value.isoformat()}"', value.isoformat()
    lines = "".join(f"<text:p>{_spaces(line)}</text:p>" for line in shown.split("\n"))
    return f"<table:table-cell {kind}>{lines}</table:table-cell>"


def _spaces(line: str) -> str:
    return escape(line).replace("\t", "<text:tab/>").replace(" ", "<text:s/>")


def as_spreadsheetml(path: Path, grid: Grid) -> None:
    rows = "".join(f"<Row>{''.join(map(_spreadsheetml_cell, row))}</Row>" for row in grid)
    path.write_text(raw_spreadsheetml(f"<Table>{rows}</Table>"), encoding="utf-8", newline="")


def raw_spreadsheetml(table: str, styles: str = "", options: str = "") -> str:
    return (
        '<?xml version="1.0" encoding="UTF-8"?><?mso-application progid="Excel.Sheet"?>'
        '<Workbook xmlns="urn:schemas-microsoft-com:office:spreadsheet" '
        'xmlns:x="urn:schemas-microsoft-com:office:excel" xmlns:ss="urn:schemas-microsoft-com:office:spreadsheet">'
        f'<Styles>{styles}</Styles><Worksheet ss:Name="Data">{table}{options}</Worksheet></Workbook>'
    )


def _spreadsheetml_cell(value: Value) -> str:
    if value == "" and isinstance(value, str):
        return "<Cell/>"
    if isinstance(value, str):
        kind, text = "String", escape(value, {"\n": "&#10;"})
    elif isinstance(value, bool):
        kind, text = "Boolean", str(int(value))
    elif isinstance(value, int | float):
        kind, text = "Number", repr(value)
    else:
        kind, text = (
            "DateTime",
            dt.datetime.combine(value, dt.time()).isoformat() if type(value) is dt.date else value.isoformat(),
        )
    return f'<Cell><Data ss:Type="{kind}">{text}</Data></Cell>'


def as_html(path: Path, grid: Grid) -> None:
    rows = "".join(f"<tr>{''.join(map(_html_cell, row))}</tr>" for row in grid)
    page = f'<html><head><meta charset="utf-8"></head><body><table border="1">{rows}</table></body></html>'
    path.write_text(page, encoding="utf-8", newline="")


def _html_cell(value: Value) -> str:
    if isinstance(value, int | float) and not isinstance(value, bool):
        return f"<td x:num={quoteattr(repr(value))}>9,1E+15</td>"
    return f"<td>{escape(as_text(value)).replace(chr(10), '<br>')}</td>"


def delimited(grid: Grid, delimiter: str) -> str:
    buffer = StringIO(newline="")
    csv.writer(buffer, delimiter=delimiter).writerows([as_text(value) for value in row] for row in grid)
    return buffer.getvalue()


def as_csv(path: Path, grid: Grid) -> None:
    path.write_text(delimited(grid, ";"), encoding="utf-8-sig", newline="")


def as_text(value: Value) -> str:
    return value if isinstance(value, str) else str(value)


def _held(grid: Grid) -> list[tuple[int, int, Value]]:
    return [(i, j, value) for i, row in enumerate(grid) for j, value in enumerate(row) if value != ""]


WRITERS: dict[str, tuple[str, Callable[[Path, Grid], None]]] = {
    "csv": ("csv", as_csv),
    "html": ("html", as_html),
    "ods": ("ods", as_ods),
    "spreadsheetml": ("spreadsheetml", as_spreadsheetml),
    "xls by xlwt": ("xls", by_xlwt),
    "xlsx by openpyxl": ("xlsx", by_openpyxl),
    "xlsx by xlsxwriter": ("xlsx", by_xlsxwriter),
}
"""Writer by name, with the format that its files are."""
EXACT = {"csv", "html", "ods", "spreadsheetml"}
"""Writers that keep every digit of a number; the others pass it through a double."""
