"""The interval of an answer: from a card to a line and a table."""

from __future__ import annotations

import json
from dataclasses import asdict
from pathlib import Path
from typing import Any

import pytest

from runners._models.cards import around_of
from runners._predict.answer import Answer
from runners._predict.kept import Head
from runners._predict.lines import Lines
from xrays.statistics.conformal import Around
from xrays.tasks import TASKS

AGE, GENDER = TASKS["age"], TASKS["gender"]
FILM = "film.png"
WIDE = Around(0.9, 1.5, (20.0, 80.0), (8.0, 16.0))


def test_an_age_is_said_with_the_ends_that_an_age_can_have() -> None:
    assert Answer(FILM, 63.21, half_width=18.3).words(AGE) == "63.2 years (44.9 to 81.5)"
    assert Answer(FILM, 4.0, half_width=18.3).words(AGE) == "4.0 years (0.0 to 22.3)"
    assert Answer(FILM, 63.21).words(AGE) == "63.2 years"
    assert Answer(FILM, None, half_width=18.3).words(AGE) == ""
    low, high = Answer(FILM, -30.0, half_width=18.3).ends(AGE) or (None, None)
    assert (low, high) == (0, 0), "what no interval reaches"


def test_lines_leave_room_for_an_interval() -> None:
    lines = Lines([FILM, FILM], AGE, bounded=True)
    said = [lines.of(Answer(FILM, value, half_width=9.0)) for value in (5.0, 99.0)]
    assert len({len(line) for line in said}) == 1


def test_a_table_has_columns_of_both_ends() -> None:
    head = Head(Path("m.h5"), "0", AGE, synthetic=False, forced=False)
    assert head.columns == ("age", "age_low", "age_high")
    assert head.values(Answer(FILM, 63.25, half_width=18.5)) == (63.25, 44.75, 81.75)
    assert head.values(Answer(FILM, 63.25)) == (63.25, None, None)
    assert head.values(Answer(FILM, None)) == (None, None, None)
    of_class = Head(Path("m.h5"), "0", GENDER, synthetic=False, forced=False)
    assert of_class.values(Answer(FILM, 0.75)) == ("male", 0.75)


def test_a_card_gives_back_what_was_promised() -> None:
    assert around_of(json.loads(json.dumps({"around": asdict(WIDE)}))) == WIDE
    assert around_of({}) is None and around_of({"around": None}) is None


@pytest.mark.parametrize(
    "changed",
    [
        {"quantile": -1.0},
        {"quantile": "wide"},
        {"at": [80.0, 20.0]},
        {"at": [20.0]},
        {"at": [], "scale": []},
        {"scale": [1.0, float("inf")]},
        {"scale": [-1.0, 1.0]},
        {"level": None},
    ],
)
def test_what_is_no_interval_is_refused(changed: dict[str, Any]) -> None:
    with pytest.raises(ValueError):
        around_of({"around": {**asdict(WIDE), **changed}})
