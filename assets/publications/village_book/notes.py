"""Comments on cells: read from a village's sheet, and written with the boxes in which programs show them."""

from __future__ import annotations

from collections.abc import Mapping

from lxml import etree

from assets.publications.village_book.inert import text_of
from assets.publications.village_book.markup import DECLARATION, MAIN, escaped, main, place_of
from assets.publications.village_book.sheet import Note

_USUAL = (144, 79)
"""Width and height of a box in pixels, where nothing else is known."""
_BOXES = (
    '<xml xmlns:v="urn:schemas-microsoft-com:vml" xmlns:o="urn:schemas-microsoft-com:office:office" '
    'xmlns:x="urn:schemas-microsoft-com:office:excel"><o:shapelayout v:ext="edit"><o:idmap v:ext="edit" data="1"/>'
    '</o:shapelayout><v:shapetype id="_x0000_t202" coordsize="21600,21600" o:spt="202" '
    'path="m,l,21600r21600,l21600,xe">'
    '<v:stroke joinstyle="miter"/><v:path gradientshapeok="t" o:connecttype="rect"/></v:shapetype>'
)
_BOX = (
    '<v:shape id="_x0000_s{number:04d}" type="#_x0000_t202" style="position:absolute;margin-left:59.25pt;'
    'margin-top:1.5pt;width:{width}px;height:{height}px;z-index:1;visibility:hidden" fillcolor="#ffffe1" '
    'o:insetmode="auto"><v:fill color2="#ffffe1"/><v:shadow color="black" obscured="t"/><v:path o:connecttype="none"/>'
    '<v:textbox style="mso-direction-alt:auto"><div style="text-align:left"/></v:textbox>'
    '<x:ClientData ObjectType="Note">'
    "<x:MoveWithCells/><x:SizeWithCells/><x:AutoFill>False</x:AutoFill><x:Row>{row}</x:Row><x:Column>{column}</x:Column>"
    "</x:ClientData></v:shape>"
)


def notes_of(root: etree._Element) -> dict[str, Note]:
    """The comments of a sheet by their cell, from its part of comments."""
    authors = [each.text or "" for each in root.iter(main("author"))]
    found = {}
    for comment in root.iter(main("comment")):
        at = comment.get("ref", "")
        place_of(at)
        found[at] = Note(authors[int(comment.get("authorId", "0"))], text_of(comment), *_USUAL)
    return found


def comments(notes: Mapping[str, Note]) -> bytes:
    """The part of comments."""
    ids = {author: number for number, author in enumerate(dict.fromkeys(note.author for note in notes.values()))}
    named = "".join(f"<author>{escaped(each)}</author>" for each in ids)
    said = "".join(
        f'<comment ref="{at}" authorId="{ids[note.author]}" shapeId="0"><text><t xml:space="preserve">'
        f"{escaped(note.text)}</t></text></comment>"
        for at, note in notes.items()
    )
    xml = f'<comments xmlns="{MAIN}"><authors>{named}</authors><commentList>{said}</commentList></comments>'
    return DECLARATION + xml.encode()


def boxes(notes: Mapping[str, Note]) -> bytes:
    """The drawing with the boxes of the comments."""
    shapes = []
    for number, (at, note) in enumerate(notes.items(), 1026):
        row, column = place_of(at)
        shapes.append(_BOX.format(number=number, width=note.width, height=note.height, row=row - 1, column=column - 1))
    return f"{_BOXES}{''.join(shapes)}</xml>".encode()
