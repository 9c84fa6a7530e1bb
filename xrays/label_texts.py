"""How label tables and DICOM tags write ages, genders, dates and ids, and what they write where nothing is known.

    years("058Y"), years("006M"), years("58,5"), years("NA")        # 58.0, 0.5, 58.5, nan
    band("85 or more"), band("80-84"), band("58")                   # (85, inf), (80, 85), None
    years_between("19480301", "2014-02-28")                         # 65.0
    one_of(("female", "male"), "F")                                 # 0.0
    plain_id(" 12.0 ")                                              # "12"

Pure functions of one text, without a number's bounds: what is believed is for xrays/labels.py.
"""

from __future__ import annotations

import math
import re
from collections.abc import Sequence
from datetime import date

MISSING_WORDS = frozenset(
    ("", "na", "n/a", "nan", "-nan", "none", "null", "nil", "<na>", "#n/a", "#na", "nat", "unknown", "unk", "-", "?")
)
# How many of a unit a year has; DICOM's ages name theirs by its first letter.
UNITS = {"years": 1.0, "months": 12.0, "weeks": 365.25 / 7, "days": 365.25}

OVER_89 = 91  # as an age in MIMIC-IV

_NUMBER = r"[+-]?(?:[0-9]+(?:[.,][0-9]*)?|[.,][0-9]+)"
_NUMBER_ALONE = re.compile(rf"{_NUMBER}(?:e[+-]?[0-9]+)?|[+-]?inf", re.IGNORECASE)
_AGE = re.compile(rf"({_NUMBER})\s*([ymwd])[a-z]*\.?(?:\s*old)?", re.IGNORECASE)
_AGO = r"\s*(?:y|yr|yrs|years?)?\.?\s*(?:old)?\s*"
_BOTH = re.compile(rf"[\[(]?\s*({_NUMBER})\s*(?:-|–|—|to|\.\.)\s*({_NUMBER}){_AGO}([\])]?)", re.IGNORECASE)
_PAIR = re.compile(rf"[\[(]\s*({_NUMBER})\s*[,;]\s*({_NUMBER})\s*([\])])")
_FROM = re.compile(
    rf"({_NUMBER}){_AGO}(?:\+|or more|or over|or older|or above|and more|and over|and older|and above|plus)"
    rf"|(?:>=|≥|at least|from)\s*({_NUMBER}){_AGO}",
    re.IGNORECASE,
)
_OVER = re.compile(rf"(?:>|over|above|older than|more than)\s*({_NUMBER}){_AGO}", re.IGNORECASE)
_UNDER = re.compile(rf"(?:<=?|≤|under|below|younger than|less than|up to)\s*({_NUMBER}){_AGO}", re.IGNORECASE)
_TIME = r"(?:[T ][0-9:.,+Z-]*)?"
_YMD = re.compile(rf"([0-9]{{4}})([-/.]?)([0-9]{{1,2}})\2([0-9]{{1,2}}){_TIME}")
_DMY = re.compile(rf"([0-9]{{1,2}})\.([0-9]{{1,2}})\.([0-9]{{4}}){_TIME}")
_YEAR = re.compile(r"([0-9]{4})(?:\.0*)?")


class Unreadable(ValueError):
    """A text that is no value of the kind; the message says what it is not."""


def is_missing(text: str) -> bool:
    """Whether the text stands for a value that nobody knows: NA, nan, None, N/A, nothing at all …"""
    return text.strip().casefold() in MISSING_WORDS


def number(text: str) -> float:
    """The text as a number, with a decimal point or comma, NaN for a missing one. Raises Unreadable."""
    cell = text.strip()
    if is_missing(cell):
        return math.nan
    if not _NUMBER_ALONE.fullmatch(cell):
        raise Unreadable("no number")
    return float(cell.replace(",", "."))


def years(text: str, unit: str = "years") -> float:
    """An age in years, NaN for a missing one: 058Y, 006M, 12W, 010D and the like, in any case, or a number of `unit`
    (of UNITS). Raises Unreadable, for a band too."""
    cell = text.strip()
    if named := _AGE.fullmatch(cell):
        unit = next(each for each in UNITS if each[0] == named[2].lower())
        return number(named[1]) / UNITS[unit]
    if band(cell) is not None:
        raise Unreadable("a band, not one age")
    return number(cell) / UNITS[unit]


def band(text: str) -> tuple[float, float] | None:
    """Where a band of ages begins and ends, in years: the end is the first age beyond, infinite in `85 or more`; the
    beginning of `under 20` is 0. None for a text that is no band."""
    cell = text.strip()
    if both := _BOTH.fullmatch(cell) or _PAIR.fullmatch(cell):
        low, high = number(both[1]), number(both[2])
        # 80-84 and [80, 84] have both ends in it, [80, 85) only the first.
        return (low, high + (both[3] != ")")) if 0 <= low < high else None
    if first := _FROM.fullmatch(cell):
        return number(first[1] or first[2]), math.inf
    if over := _OVER.fullmatch(cell):
        return number(over[1]) + 1, math.inf
    if under := _UNDER.fullmatch(cell):
        return 0.0, number(under[1]) + ("=" in cell or "≤" in cell or "to" in cell.casefold())
    return None


def years_between(birth: str, study: str) -> float:
    """Whole years from one date to the other, NaN where either is missing; of dates that are years alone their
    difference. Raises Unreadable, which names the date."""
    born, seen = _date(birth), _date(study)
    if born is None or seen is None:
        return math.nan
    before = len(born) == len(seen) == 3 and seen[1:] < born[1:]
    return float(seen[0] - born[0] - before)


def years_since_anchor(age: str, year: str, study: str) -> float:
    """MIMIC's ages: that of an anchor year, and as many years more as the study is later; NaN where one of the three
    is missing, and for 91, which stands for all over 89. Raises Unreadable."""
    then = number(age)
    return math.nan if then >= OVER_89 else then + years_between(year, study)


def sortable_date(text: str) -> str:
    """The date as YYYY-MM-DD or YYYY, "" for a missing one. Raises Unreadable."""
    parts = _date(text) or ()
    return "-".join(f"{part:0{width}}" for part, width in zip(parts, (4, 2, 2), strict=False))


def _date(text: str) -> tuple[int, ...] | None:
    """(year, month, day) or (year,). 05/06/1960 is refused: it means two days."""
    cell = text.strip()
    if is_missing(cell):
        return None
    cell = re.sub(r"(?<=^[0-9]{8})\.0*$", "", cell)
    if only := _YEAR.fullmatch(cell):
        return (int(only[1]),)
    if found := _YMD.fullmatch(cell):
        year, month, day = int(found[1]), int(found[3]), int(found[4])
    elif found := _DMY.fullmatch(cell):
        year, month, day = int(found[3]), int(found[2]), int(found[1])
    else:
        raise Unreadable(f"{cell!r} is no date like 1960-06-05, 19600605 or 1960")
    try:
        date(year, month, day)
    except ValueError:
        raise Unreadable(f"{cell!r} is no day of the calendar") from None
    return year, month, day


def one_of(classes: Sequence[str], text: str) -> float:
    """0.0 or 1.0 for the first and second of two classes: its number, its word or the word's first letter, in any
    case; NaN for a missing one. Raises Unreadable."""
    cell = text.strip().casefold()
    if is_missing(cell):
        return math.nan
    for place, name in enumerate(map(str.casefold, classes)):
        letters = {name[:1]} if classes[0][:1].casefold() != classes[1][:1].casefold() else set()
        if cell in {f"{place}", f"{place}.0", name, *letters}:
            return float(place)
    raise Unreadable(f"neither 0 ({classes[0]}) nor 1 ({classes[1]})")


def plain_id(text: str) -> str:
    """An id as text, "" for a missing one; `12.0` is 12, as a table with a gap writes it. No number is made of it:
    ids of forty digits are met."""
    cell = text.strip()
    whole, point, rest = cell.partition(".")
    if point and whole.isascii() and whole.isdecimal() and not rest.strip("0"):
        return whole
    return "" if is_missing(cell) else cell
