"""The parameters of the rows of a leaderboard: packed for the page's script, on paper, and without JavaScript.

[script_data(packed(records)), on_paper(records), spelt_out(records)]
"""

from __future__ import annotations

import json
from collections.abc import Hashable, Mapping, Sequence
from typing import Any

import pandas as pd

from reports._drawing.html import Html, attribute, join, text
from reports._drawing.numbers import scalar

Row = Mapping[Hashable, Any]


LONGEST = 200  # characters of a parameter and its value
ON_PAPER = 5  # trials whose configurations are printed
SPELT_OUT = 100  # trials whose parameters can be read without JavaScript


def on_paper(records: Sequence[Row]) -> Html:
    """A table is too narrow there for what a row is; that of the best stands below it."""
    best = [row for row in records if not pd.isna(row["rank"])][:ON_PAPER]
    items = join(
        f"<dt>{text(row['name'], 80)}</dt><dd>{text(', '.join(_effective_pairs(row)), 2000)}"
        f"<code class=command>{text(row['command'], 2000)}</code></dd>"
        for row in best
    )
    return Html(f'<dl class="paper configurations">{items}</dl>' if items else "")


def _effective_pairs(row: Row) -> list[str]:
    """Rounded to three digits, as `page.js` shows them in a row."""
    params = json.loads(row["params"])
    values = {name: params[name] for name in row["effective"]}
    # One that is long beyond measure must not take the room of the others.
    return [
        f"{name} {f'{value:.3g}' if isinstance(value, float) else scalar(value)}"[:LONGEST]
        for name, value in values.items()
    ]


def packed(records: Sequence[Row]) -> dict[str, Any]:
    """Parameters by column. keys: their names; values: of each the different values as text; rows: of each the place
    of every row's value among them, -1 for none. effective: of every row the places of the keys that have an effect,
    in the order in which they were asked for, as a place in `patterns`. commands: what trains a row again."""
    given = [json.loads(row["params"]) for row in records]
    keys = sorted({key for params in given for key in params})
    values, places = [], []
    for key in keys:
        known: dict[str, int] = {}
        places.append(
            [known.setdefault(_short(params[key]), len(known)) if key in params else -1 for params in given]
        )
        values.append(list(known))
    return {
        "keys": [_clipped(key) for key in keys],
        "values": values,
        "rows": places,
        **_effective(keys, records),
        "commands": _commands([row["command"] for row in records]),
    }


def _effective(keys: Sequence[str], records: Sequence[Row]) -> dict[str, Any]:
    """Many rows have the same parameters in effect: what they are stands once."""
    place, known = {key: number for number, key in enumerate(keys)}, dict[tuple[int, ...], int]()
    rows = [
        known.setdefault(tuple(place[name] for name in row["effective"] if name in place), len(known))
        for row in records
    ]
    return {"patterns": [list(pattern) for pattern in known], "effective": rows}


def _commands(commands: Sequence[str]) -> dict[str, Any]:
    """All but the last word once a run."""
    split = [command.rpartition(" ") for command in commands]
    starts = list(dict.fromkeys(start for start, _, _ in split))
    return {"starts": starts, "rows": [[starts.index(start), end] for start, _, end in split]}


def _short(given: object) -> str:
    return _clipped(scalar(given))


def _clipped(given: str, limit: int = 300) -> str:
    return given if len(given) <= limit else given[: limit - 1] + "…"


def spelt_out(records: Sequence[Row]) -> Html:
    """All parameters of the first SPELT_OUT trials, for a page without JavaScript."""
    trials = [row for row in records if row["command"]]
    items = join(
        f"<dt>{text(row['name'], 80)}</dt><dd>{join(_pairs(row['params']), '; ')}"
        f"<code class=command>{text(row['command'])}</code></dd>"
        for row in trials[:SPELT_OUT]
    )
    which = (
        "all trials" if len(trials) <= SPELT_OUT else f"the best {SPELT_OUT} trials; of all in the files beside it"
    )
    summary = f"Parameters of {which}, and the commands that train them again"
    return Html(f"<details><summary>{summary}</summary><dl>{items}</dl></details>" if items else "")


def _pairs(params: str) -> list[str]:
    return [f"{text(key)} {attribute(scalar(given))}" for key, given in json.loads(params).items()]
