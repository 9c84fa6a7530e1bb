"""What a DICOM file's tags hold, whatever that is: nothing here raises because of a value.

    text(tags, "PatientAge")                    # "058Y"; "" where there is none
    code(tags, "Modality")                      # "CR", in capitals
    numbers(tags, "WindowCenter")               # (2725.0,); () where there is none, or one of them is no number
    words(tags, "PixelPaddingValue")            # (65535,): 16 bits each, as they stand in the file
    items(tags, "VOILUTSequence")               # data sets; [] where there are none

pydicom turns bytes into values when they are asked for, and raises a dozen kinds of errors for those that cannot be.
"""

from __future__ import annotations

import math
import re
import unicodedata
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from pydicom import Dataset

CODE = re.compile(r"[A-Z0-9 _./,-]{0,24}")  # a little more than the standard's code strings: `left lateral decubitus`
UNREADABLE = "?"


def text(tags: Dataset, keyword: str) -> str:
    """The first value as text, without blanks and NULs around it."""
    values = _values(tags, keyword)
    return str(values[0]).strip(" \t\r\n\0") if values else ""


def code(tags: Dataset, keyword: str) -> str:
    """The first value as a code, in capitals without accents; UNREADABLE for what is none. Codes are kept and shown,
    and a damaged file may have somebody's name where its code should be."""
    plain = unicodedata.normalize("NFKD", text(tags, keyword)).encode("ascii", "ignore").decode().upper()
    return plain if CODE.fullmatch(plain) else UNREADABLE


def numbers(tags: Dataset, keyword: str) -> tuple[float, ...]:
    """All values, finite."""
    try:
        found = tuple(float(value) for value in _values(tags, keyword))
    except (TypeError, ValueError):
        return ()
    return found if all(map(math.isfinite, found)) else ()


def whole(tags: Dataset, keyword: str, otherwise: int) -> int:
    """The first value, where it is a whole number."""
    found = numbers(tags, keyword)
    return int(found[0]) if found and found[0].is_integer() else otherwise


def words(tags: Dataset, keyword: str) -> tuple[int, ...]:
    """A value of 16-bit numbers as the file has them, each from 0 to 65535. pydicom wants to know whether such a
    number has a sign, and what it asks may not be there."""
    element = tags.get_item(keyword)
    value = None if element is None else element.value
    if isinstance(value, bytes):
        order = "<u2" if getattr(element, "is_little_endian", True) else ">u2"
        return tuple(np.frombuffer(value[: len(value) // 2 * 2], order).tolist())
    return tuple(int(each) & 0xFFFF for each in numbers(tags, keyword))


def items(tags: Dataset, keyword: str) -> list[Dataset]:
    """The items of a sequence."""
    from pydicom import Dataset

    return [item for item in _values(tags, keyword) if isinstance(item, Dataset)]


def _values(tags: Dataset, keyword: str) -> Sequence[Any]:
    try:
        value = tags.get(keyword)
    except Exception:  # whatever pydicom's converters and codecs let through: the value is none
        return ()
    if value is None or value == "":
        return ()
    return list(value) if isinstance(value, Sequence) and not isinstance(value, str | bytes) else (value,)
