"""Reads a table of labels as text: comma, semicolon, tab or bar between the cells, plain or .gz.

table = read_table(Path("labels.csv"), retry="prepare …")
table.column("Age")             # n texts, "" where a row is short
table.lines[0]                  # the line of the file in which the first row ends, for messages
"""

from __future__ import annotations

import csv
import difflib
import gzip
import io
import re
import zlib
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

from xrays.errors import UserError

DELIMITERS = ",;\t|"


@dataclass(frozen=True)
class Table:
    """n rows under a header. retry: as of read_table; first: the header's line; header: stripped; rows: n lists of
    stripped cells, which may be short; lines: n."""

    file: Path
    retry: str
    first: int
    header: tuple[str, ...]
    rows: tuple[list[str], ...]
    lines: tuple[int, ...]

    def column(self, name: str) -> list[str]:
        """Cells (n) of a column. Raises UserError when there is none of that name, or two."""
        if self.header.count(name) != 1:
            listed = ", ".join(filter(None, self.header))
            listed = f"{listed[:400]} …" if len(listed) > 400 else listed
            near = difflib.get_close_matches(name, self.header, cutoff=0.5)
            raise UserError(
                f"{self.file}, row {self.first}, has the columns {listed}; {name} is "
                f"{'there several times' if name in self.header else 'missing'}",
                f"one column {name}{f' (or is it {near[0]}?)' if near and near[0] != name else ''}",
                self.retry,
            )
        place = self.header.index(name)
        return [cells[place] if place < len(cells) else "" for cells in self.rows]

    @cached_property
    def by_key(self) -> dict[str, str]:
        """Its columns by their letters and digits in small letters: `Patient ID` is patientid; of two that are alike
        in that the first."""
        return {key_of(name): name for name in reversed(self.header) if name}


def key_of(name: str) -> str:
    """Letters and digits of a column's name, in small letters."""
    return "".join(filter(str.isalnum, name.casefold()))


def read_table(file: Path, accepted: str, retry: str) -> Table:
    """accepted, retry: of the UserError that it raises when the file is none, is empty, or has a row with more cells
    than the header."""
    text = _text(file, accepted, retry)
    if "\0" in text:
        raise UserError(f"{file} is no CSV: it holds bytes that are no text", accepted, retry)
    # A spreadsheet's note on how to open the file is no row of it.
    text = re.sub(r"\Asep=.(?=\r?\n)", "", text, flags=re.IGNORECASE)
    # newline="": other separators than \n, \r and both end no line.
    first = next((line for line in io.StringIO(text, newline="") if line.strip(" ,;\t|\r\n")), "")
    delimiter = max(DELIMITERS, key=first.count)
    try:
        reader = csv.reader(
            io.StringIO(text, newline=""), delimiter=delimiter, skipinitialspace=delimiter != "\t", strict=True
        )
        rows = [(reader.line_num, list(map(str.strip, cells))) for cells in reader]
    except csv.Error as error:
        raise UserError(f"{file} is no CSV: {error}", accepted, retry) from None
    rows = [(line, cells) for line, cells in rows if any(cells)]
    if not rows:
        raise UserError(f"{file} is empty", accepted, retry)
    (first_line, header), *body = rows
    for line, cells in body:
        if len(cells) > len(header) and any(cells[len(header) :]):  # a decimal comma, for instance
            shown = delimiter.join(cells)
            given = f"{file}, row {line}, has {len(cells)} cells: {shown[:200]}"
            raise UserError(given, f"{len(header)} cells: {delimiter.join(header)[:200]}", retry)
    return Table(
        file, retry, first_line, tuple(header), tuple(cells for _, cells in body), tuple(line for line, _ in body)
    )


def _text(file: Path, accepted: str, retry: str) -> str:
    try:
        raw = file.read_bytes()
        if raw[:2] == b"\x1f\x8b":
            raw = gzip.decompress(raw)
        # A spreadsheet's "Unicode text" begins with two bytes that say so.
        if raw[:2] in (b"\xff\xfe", b"\xfe\xff"):
            return raw.decode("utf-16")
        try:
            return raw.decode("utf-8-sig")
        except UnicodeDecodeError:
            return raw.decode("cp1252")  # a spreadsheet's CSV in the west of Europe
    except (FileNotFoundError, IsADirectoryError):
        raise UserError(f"{file} is no file", accepted, retry) from None
    except (UnicodeDecodeError, EOFError, gzip.BadGzipFile, zlib.error) as error:
        raise UserError(f"{file} is no CSV: {error}", accepted, retry) from None
