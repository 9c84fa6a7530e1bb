"""What is typed into a leaderboard's search field, in a real browser: every search finds what the same rules find in
Python, and nothing that can be typed breaks it."""

from __future__ import annotations

import json
import operator
import re
from collections.abc import Iterator, Mapping, Sequence
from importlib import resources
from pathlib import Path
from typing import Any, NamedTuple

import pytest
from devtools import CHROMIUM, Browser
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(CHROMIUM is None, reason="Chromium is not installed (apt-get install chromium)"),
]
OF_BROWSER = settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
ROWS: list[dict[str, str]] = [
    {"mae": "9.5", "backbone": "densenet121", "depth": "3", "rate": "0.001", "head": "Batch Norm"},
    {"mae": "10.25", "backbone": "densenet201", "depth": "13", "rate": "1e-05", "head": "MAX"},
    {"mae": "11", "backbone": "mobilenetv2", "depth": "5", "head": "a<b"},
    {"mae": "−0.5", "backbone": "and", "rate": "10", "head": "x:y,z"},
    {"backbone": "not 3", "head": "none"},
    {"mae": "11.00", "depth": "true"},
]
WORDY = ("backbone", "head")
COMPARED = {"<": operator.lt, "<=": operator.le, ">": operator.gt, ">=": operator.ge}
PAGE = """<!doctype html><meta charset="utf-8"><script>"use strict";
%s
const rows = %s.map((values) => ({ values, text: Object.values(values).join(" ").toLowerCase() }));
const key = (name, numeric) =>
  [name, { column: true, numeric, example: "word", values: (row) => (name in row.values ? [row.values[name]] : []) }];
const keys = new Map(["mae", "backbone", "depth", "rate", "head"].map((name) => key(name, !%s.includes(name))));
const found = (typed) => {
  const { tests, problems } = boardQuery.parse(typed, keys);
  return { rows: rows.flatMap((row, place) => (tests.every((holds) => holds(row)) ? [place] : [])), problems };
};
</script>"""


class Term(NamedTuple):
    """A word where there is no name."""

    negated: bool
    name: str
    sign: str
    values: Sequence[str]


@pytest.fixture(scope="module")
def query(chromium: Browser, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Browser]:
    """A page with the parser and ROWS."""
    page: Path = tmp_path_factory.mktemp("query") / "query.html"
    script = (resources.files("reports.leaderboard") / "query.js").read_text(encoding="utf-8")
    page.write_text(PAGE % (script, json.dumps(ROWS), json.dumps(WORDY)))
    chromium.renew()
    chromium.open(page)
    yield chromium
    assert chromium.console == []


def found(query: Browser, typed: str) -> dict[str, Any]:
    answer: dict[str, Any] = query.tell(f"found({json.dumps(typed)})")
    return answer


def number(given: str) -> float | None:
    plain = given.replace("−", "-")
    return float(plain) if re.fullmatch(r"[+-]?(\d+\.?\d*|\.\d+)(e[+-]?\d+)?", plain, re.I | re.A) else None


def holds(term: Term, row: Mapping[str, str]) -> bool:
    if not term.name:
        return (term.values[0].lower() in " ".join(row.values()).lower()) != term.negated
    value = row.get(term.name)
    if value is None:
        return (term.sign == "!=") != term.negated
    one, others = number(value), [number(each) for each in term.values]
    if term.sign in COMPARED:
        assert others[0] is not None
        return (one is not None and bool(COMPARED[term.sign](one, others[0]))) != term.negated
    equal = value.lower() in [each.lower() for each in term.values] or (one is not None and one in others)
    within = any(
        each.lower() in value.lower() and (one is None or other is None)
        for each, other in zip(term.values, others, strict=True)
    )
    return {":": equal or within, "=": equal, "!=": not equal}[term.sign] != term.negated


VALUES = sorted(
    {value for row in ROWS for value in row.values()} | {"dense", "1", "11.0", ".001", "1E1", "m", "net2", "norm"}
)
NUMBERS = ["9.5", "11", "-0.5", "1e-5", "0.001", "+10", ".5", "3", "−0.5"]


@st.composite
def terms(draw: st.DrawFn) -> Term:
    negated, name = draw(st.booleans()), draw(st.sampled_from(["", *ROWS[0]]))
    if not name:
        return Term(negated, "", "", [draw(st.sampled_from(VALUES))])
    sign = draw(st.sampled_from([":", "=", "!="] + ([] if name in WORDY else [*COMPARED])))
    if sign in COMPARED:
        return Term(negated, name, sign, [draw(st.sampled_from(NUMBERS))])
    return Term(negated, name, sign, draw(st.lists(st.sampled_from(VALUES), min_size=1, max_size=3)))


@st.composite
def typed(draw: st.DrawFn) -> tuple[str, list[Term]]:
    """A search, and what it asks for."""
    wanted = draw(st.lists(terms(), min_size=1, max_size=4))
    return draw(st.sampled_from([" ", "  ", " and ", " AND "])).join(draw(written(term)) for term in wanted), wanted


@st.composite
def written(draw: st.DrawFn, term: Term) -> str:
    def value(given: str) -> str:
        plain = re.fullmatch(r"[\w.+−-]+", given) and (term.name or given not in ("and", "or", "not"))
        cased = given.upper() if draw(st.booleans()) else given
        return cased if plain and (term.name or given[0] != "-") and draw(st.booleans()) else f'"{cased}"'

    minus = draw(st.sampled_from(["-", "not "])) if term.negated else ""
    values = ",".join(map(value, term.values))
    if not term.name:
        return minus + values
    before, after = draw(st.sampled_from(["", " "])), draw(st.sampled_from(["", "  "]))
    return f"{minus}{draw(st.sampled_from([term.name, term.name.upper()]))}{before}{term.sign}{after}{values}"


@OF_BROWSER
@given(search=typed())
def test_a_search_finds_what_its_terms_hold_of(query: Browser, search: tuple[str, list[Term]]) -> None:
    text, wanted = search
    expected = [place for place, row in enumerate(ROWS) if all(holds(term, row) for term in wanted)]
    assert found(query, text) == {"rows": expected, "problems": []}


@OF_BROWSER
@given(text=st.text(st.sampled_from(list(' aAdehmnot<>=:!"-,.19\té\u2028')), max_size=30))
def test_whatever_is_typed_is_answered(query: Browser, text: str) -> None:
    answer = found(query, text)
    assert all(problem.endswith(".") and len(problem) > 10 for problem in answer["problems"])
    assert found(query, '"' + text.replace('"', "") + '"')["problems"] == [], "in quotes everything is text"


@OF_BROWSER
@given(search=typed(), text=st.text(st.sampled_from(list(' am<>=:!-,."')), max_size=12))
def test_what_is_not_understood_takes_nothing_from_the_rest(
    query: Browser, search: tuple[str, list[Term]], text: str
) -> None:
    """What is typed later finds no further row."""
    whole = found(query, search[0])["rows"]
    assert set(found(query, f"{search[0]} {text}")["rows"]) <= set(whole)


@pytest.mark.parametrize(("text", "told"), [
    ("mea<3", ["“mea”", "do you mean mae?", "mae, backbone, depth, rate, head"]),
    ("nothing:3", ["“nothing”", "mae, backbone, depth, rate, head", "every parameter", "quotes"]),
    ("mae<", ["“mae<”", "mae<11"]),
    ("backbone:", ["“backbone:”", "backbone:word"]),
    ("mae>x", ["“mae>x”", "one number", "mae>11"]),
    ("mae<=1,2", ["one number"]),
    ("backbone<3", ["backbone holds words", "backbone:word"]),
    ("<3", ["“<3”", "a name before <"]),
    ('mae<11 "batch norm', ['"batch norm', "does not end"]),
    ("depth:3 or depth:5", ["“or”", "state:complete,pruned"]),
    ("depth:3 not", ["“not”"]),
])  # fmt: skip
def test_what_is_not_understood_is_named_with_what_is(query: Browser, text: str, told: list[str]) -> None:
    (problem,) = found(query, text)["problems"]
    assert [part for part in told if part not in problem] == []


def test_a_search_as_one_types_it(query: Browser) -> None:
    assert found(query, "backbone:densenet mae<10 -depth:5")["rows"] == [0]
    assert found(query, "not backbone:densenet and depth>3")["rows"] == [2]
    assert found(query, "depth:3")["rows"] == [0], "13 is another number"
    assert found(query, "-mae<11")["rows"] == [2, 4, 5], "one without a number is not below it"
