"""Tables for Word, and what else opens .docx.

word([PaperTable(…)])                  # the bytes of a file
"""

from __future__ import annotations

import io
import zipfile
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from reports._drawing.html import visible
from reports._paper.table import PaperTable

MADE = "Tables of a search report: chest X-rays"  # title of the file, by which it is known again
PROPERTIES = "docProps/core.xml"
MOMENT = (1980, 1, 1, 0, 0, 0)  # of every part: equal tables are equal bytes
POINTS = 9.0
# Inches: between the margins of a page of letter size, which leave room for tables; of names in a table of texts.
MARGIN, LINE, NAMES = 0.75, 7.0, 1.4


def word(tables: Sequence[PaperTable]) -> bytes:
    """The whole file: of each table its caption above, rules as in print, notes below. A head that stands on every
    page."""
    from docx import Document
    from docx.shared import Inches

    document = Document()
    document.sections[0].left_margin = document.sections[0].right_margin = Inches(MARGIN)
    properties = document.core_properties
    properties.title, properties.author, properties.comments = MADE, "", ""
    for number, table in enumerate(tables, 1):
        document.add_paragraph(
            f"Table {number}. {_text(table.caption)}", style="Caption"
        ).paragraph_format.keep_with_next = True
        _add(document, table)
        for note in table.notes:
            _written(document.add_paragraph(), note, POINTS - 1)
    content = io.BytesIO()
    document.save(content)
    return _without_time(content)


def is_tables(file: Path) -> bool:
    """Whether `word` has made the file."""
    try:
        with zipfile.ZipFile(file) as parts:
            return MADE.encode() in parts.read(PROPERTIES)
    except (zipfile.BadZipFile, KeyError):
        return False


def _add(document: Any, table: PaperTable) -> None:
    from docx.enum.text import WD_ALIGN_PARAGRAPH as ALIGN
    from docx.shared import Inches

    made = document.add_table(rows=0, cols=len(table.head))
    for place, row in enumerate((table.head, *table.rows)):
        for column, (cell, shown) in enumerate(zip(made.add_row().cells, row, strict=True)):
            paragraph = cell.paragraphs[0]
            _written(paragraph, shown, POINTS, bold=place == 0)
            if column >= table.names and not table.prose:
                paragraph.alignment = ALIGN.RIGHT
    if table.prose:
        for row in made.rows:
            for cell, width in zip(row.cells, (Inches(NAMES), Inches(LINE - NAMES)), strict=True):
                cell.width = width
    _ruled(made)


def _written(paragraph: Any, shown: str, points: float, *, bold: bool = False) -> None:
    from docx.shared import Pt

    paragraph.paragraph_format.space_after = Pt(1)
    run = paragraph.add_run(_text(shown))
    run.font.size, run.bold = Pt(points), bold


def _text(given: str) -> str:
    """XML has no control characters, and no halves of a surrogate pair."""
    return "".join("�" if sign in "\ufffe\uffff" else sign for sign in visible(given.replace("\n", " ")))


def _ruled(table: Any) -> None:
    """Lines above and below the head, and below the last row; the head is repeated where a page ends."""
    from docx.oxml import OxmlElement
    from docx.oxml.ns import qn

    head = table.rows[0]
    head._tr.get_or_add_trPr().append(OxmlElement("w:tblHeader"))
    for row, edges in ((head, {"top": 8, "bottom": 4}), (table.rows[-1], {"bottom": 8})):
        for cell in row.cells:
            borders = OxmlElement("w:tcBorders")
            for edge, eighths in edges.items():
                line = OxmlElement(f"w:{edge}")
                line.set(qn("w:val"), "single")
                line.set(qn("w:sz"), str(eighths))  # eighths of a point
                borders.append(line)
            cell._tc.get_or_add_tcPr().append(borders)


def _without_time(content: io.BytesIO) -> bytes:
    made = io.BytesIO()
    with zipfile.ZipFile(content) as parts, zipfile.ZipFile(made, "w", zipfile.ZIP_DEFLATED) as written:
        for name in parts.namelist():
            written.writestr(zipfile.ZipInfo(name, MOMENT), parts.read(name), zipfile.ZIP_DEFLATED)
    return made.getvalue()
