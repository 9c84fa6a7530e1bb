"""How ages, genders, dates and ids are written in the tables of collections and hospitals: what is read from each;
and no text at all that makes a reader stumble."""

from __future__ import annotations

import math
from collections.abc import Callable
from datetime import date
from functools import partial

import pytest
from hypothesis import given
from hypothesis import strategies as st

from xrays.label_texts import (
    MISSING_WORDS,
    UNITS,
    Unreadable,
    band,
    is_missing,
    number,
    one_of,
    plain_id,
    sortable_date,
    years,
    years_between,
)

GENDERS = ("female", "male")
ANY_CASE = st.sampled_from([str.upper, str.lower, str.title])
BLANKS = st.sampled_from(["", " ", "\t", "  "])
DAYS = st.dates(date(1880, 1, 1), date(2050, 12, 31))
# What may stand in a cell, and what is nearly an age, a band, a date or a word.
CELL = st.text(st.characters(codec="utf-8"), max_size=8) | st.sampled_from(
    ["", "0", "1", "1.0", "58", "058Y", "-1", "414", "NaN", "NA", "None", "inf", "1e999", "٣", " 7 ", "F", "12,5"]
)
NEAR = st.lists(
    st.sampled_from(["5", "80", "0", "9" * 400, ".", ",", "-", "–", "+", "e", "Y", "m", "to", "or more", "under", " ",
                     "(", "]", "<", ">=", "19600230", "1960", "/", "T", "F", "male", "NA", "٣", "²", "İ", "\0"]),
    max_size=6,
).map("".join)  # fmt: skip
ANY_TEXT = st.text(max_size=12) | st.from_regex(r"[0-9+<>=\-–,. yYmMto()\[\]]{0,10}", fullmatch=True) | CELL | NEAR


class TestAges:
    @given(st.integers(0, 999), st.sampled_from(list(UNITS)), st.booleans(), ANY_CASE, BLANKS)
    def test_as_dicom_writes_them(self, count: int, unit: str, padded: bool, case: type, blank: str) -> None:
        text = f"{count:03}" if padded else str(count)
        assert years(f"{blank}{text}{case(unit[0])}{blank}") == pytest.approx(count / UNITS[unit])
        assert years(f"{text} {case(unit)}") == years(f"{text}{unit[0]}") == years(text, unit)

    @given(st.integers(0, 1200).map(lambda tenth: tenth / 10), BLANKS)
    def test_as_a_number(self, age: float, blank: str) -> None:
        assert years(f"{blank}{age}{blank}") == years(f"{age}".replace(".", ",")) == years(f"{age:.3f}") == age

    @pytest.mark.parametrize(("text", "age"), [("058Y", 58), ("006M", 0.5), ("010D", 10 / 365.25), ("58.", 58)])
    def test_those_of_the_collections(self, text: str, age: float) -> None:
        assert years(text) == pytest.approx(age)

    @pytest.mark.parametrize("text", ["ninety", "8_9", "٨٩", "0x20", "58X", "5 8", "--5", "Y", "58YY8", "1,2,3", "½"])
    def test_what_is_none(self, text: str) -> None:
        with pytest.raises(Unreadable, match="no number"):
            years(text)


class TestBands:
    @pytest.mark.parametrize(
        ("text", "ends"),
        [
            ("85 or more", (85, math.inf)), ("90+", (90, math.inf)), (">89", (90, math.inf)),
            (">= 90", (90, math.inf)),
            ("90 and over", (90, math.inf)), ("80 years and older", (80, math.inf)), ("over 89", (90, math.inf)),
            ("80-84", (80, 85)), ("80–84", (80, 85)), ("80 to 84 years", (80, 85)), ("[80, 85)", (80, 85)),
            ("[80, 84]", (80, 85)), ("under 20", (0, 20)), ("<20", (0, 20)), ("<=19", (0, 20)), ("up to 19", (0, 20)),
            ("58", None), ("-1", None), ("58,5", None), ("5,8", None), ("84-80", None), ("1960-06-05", None),
            ("", None),
        ],
    )  # fmt: skip
    def test_ends(self, text: str, ends: tuple[float, float] | None) -> None:
        assert band(text) == ends
        if ends is not None:
            with pytest.raises(Unreadable, match="a band"):
                years(text)


class TestDates:
    @given(
        DAYS,
        DAYS,
        st.sampled_from(["%Y%m%d", "%Y-%m-%d", "%Y/%m/%d", "%d.%m.%Y", "%Y-%m-%dT10:30:00Z", "%d.%m.%Y 10:30"]),
    )
    def test_whole_years_of_a_life(self, birth: date, study: date, form: str) -> None:
        """A birthday that comes is one more, the day before is not."""
        expected = study.year - birth.year - ((study.month, study.day) < (birth.month, birth.day))
        assert years_between(birth.strftime(form), study.strftime("%Y%m%d")) == expected
        assert sortable_date(birth.strftime(form)) == birth.isoformat()

    @given(DAYS, DAYS)
    def test_of_a_year_alone_the_difference(self, birth: date, study: date) -> None:
        """PadChest has years of birth, as floats."""
        assert years_between(f"{birth.year}.0", f"{study:%Y%m%d}.0") == study.year - birth.year

    @pytest.mark.parametrize(
        "text", ["05/06/1960", "19601301", "20010229", "195", "2000-0101", "June 1960", "d41d8cd9"]
    )
    def test_what_is_none_or_two(self, text: str) -> None:
        with pytest.raises(Unreadable):
            years_between(text, "2020-01-01")

    def test_missing(self) -> None:
        assert math.isnan(years_between("NA", "20200101")) and math.isnan(years_between("1960", ""))
        assert sortable_date("nan") == ""


class TestGenders:
    @given(st.sampled_from([0, 1]), ANY_CASE, BLANKS, st.sampled_from(["{}", "{}.0", "name", "letter"]))
    def test_every_way(self, gender: int, case: type, blank: str, way: str) -> None:
        text = {"name": GENDERS[gender], "letter": GENDERS[gender][0]}.get(way, way.format(gender))
        assert one_of(GENDERS, f"{blank}{case(text)}{blank}") == gender

    def test_a_letter_that_both_begin_with_is_neither(self) -> None:
        assert one_of(("lateral left", "lateral right"), "Lateral Right") == 1
        with pytest.raises(Unreadable, match=r"neither 0 \(lateral left\)"):
            one_of(("lateral left", "lateral right"), "L")

    @pytest.mark.parametrize("text", ["2", "-1", "W", "femal", "0.5", "True", "00"])
    def test_what_is_none(self, text: str) -> None:
        with pytest.raises(Unreadable):
            one_of(GENDERS, text)


@given(st.sampled_from(sorted(MISSING_WORDS)), ANY_CASE, BLANKS)
def test_what_nobody_knows(word: str, case: type, blank: str) -> None:
    text = f"{blank}{case(word)}{blank}"
    assert is_missing(text) and plain_id(text) == "" and band(text) is None
    assert all(math.isnan(value) for value in (number(text), years(text), one_of(GENDERS, text)))


@given(st.integers(0, 10**40), BLANKS, st.sampled_from(["", ".", ".0", ".00"]))
def test_an_id_is_the_same_whole_or_as_a_float(identity: int, blank: str, end: str) -> None:
    assert plain_id(f"{blank}{identity}{end}{blank}") == str(identity)


@pytest.mark.parametrize("text", ["007", "7.10", "1.0.0", "a.0", "7.0.png", "-7.0"])
def test_other_ids_stay_as_they_are(text: str) -> None:
    assert plain_id(text) == text


@given(text=ANY_TEXT)
@pytest.mark.parametrize("reader", [
    number, years, band, sortable_date, plain_id, partial(one_of, GENDERS), partial(years_between, "1950"),
    lambda text: years_between(text, "2014-02-28"), partial(years, unit="days"),
])  # fmt: skip
def test_any_text_is_a_value_or_said_to_be_none(reader: Callable[[str], object], text: str) -> None:
    """With the same answer however many blanks stand around it."""

    def answer(given: str) -> object:
        try:
            value = reader(given)
        except Unreadable as error:
            assert str(error)
            return str(error)
        return value if value == value else None

    found = answer(text)
    assert answer(f"\t{text} ") == answer(f" {text} ") == found
    if isinstance(found, tuple):
        low, high = found
        assert 0 <= low < high
