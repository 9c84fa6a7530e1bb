"""What the page's script needs to put two rows beside each other: of `with_pairs`, every text as it is shown.

script_data(packed_pairs(task, records))
"""

from __future__ import annotations

import base64
import json
from collections.abc import Hashable, Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from reports._drawing.figures import COLOURS, new_figure
from reports._drawing.metrics import objective_of
from reports.leaderboard.pairs import BEST, Film, Pair
from trials.explained import in_words
from xrays.tasks import Task

Row = Mapping[Hashable, Any]
CURVE_DIGITS = 4


def packed_pairs(task: Task, records: Sequence[Row]) -> dict[str, Any]:
    """words: texts that are named by their places, for many stand in many pairs. pairs: "2 5" for the third and the
    sixth row -> [difference, whether its interval holds 0, films], a film [its place among `films`, answer, the
    other's answer]. films: [name, labels, base64 of a PNG or ""]. curves: row -> [mean, lowest, highest] after each
    epoch; figure: an empty one for them. heading, unit: of the objective; best: how many trials are compared. Rows
    below `records` are left out."""
    import plotly.io

    metric, words, places, films = objective_of(task), dict[str, int](), dict[int, int](), list[list[Any]]()

    def said(given: str) -> int:
        return words.setdefault(given, len(words))

    def place_of(film: Film) -> int:
        if film.film not in places:
            places[film.film] = len(films)
            films.append([film.name, said(film.labels), base64.b64encode(film.pixels).decode()])
        return places[film.film]

    def shown(pair: Pair) -> list[Any]:
        of_films = [
            [place_of(film), said(in_words(task, film.answer)), said(in_words(task, film.others))]
            for film in pair.films
        ]
        # NaN is neither: without an interval nothing is said of it.
        holds_zero = None if np.isnan(pair.low) else pair.low <= 0 <= pair.high
        return [metric.signed_within(pair.difference, pair.low, pair.high), holds_zero, of_films]

    pairs = {
        f"{place} {pair.other}": shown(pair)
        for place, row in enumerate(records)
        for pair in row["against"]
        if pair.other < len(records)
    }
    curves = {place: _curve(metric.factor, row["curve"]) for place, row in enumerate(records) if len(row["curve"])}
    return {
        "pairs": pairs,
        "films": films,
        "words": list(words),
        "curves": curves,
        "figure": json.loads(plotly.io.to_json(new_figure("epoch", metric.heading), validate=False, engine="json")),
        "colours": COLOURS[:2],
        "heading": metric.label,
        "unit": metric.difference_unit,
        "best": BEST,
    }


def _curve(factor: float, curve: NDArray[np.float64]) -> list[list[float | None]]:
    return [
        [float(f"{factor * score:.{CURVE_DIGITS}g}") if np.isfinite(score) else None for score in line]
        for line in curve
    ]
