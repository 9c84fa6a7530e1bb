"""From maps to what is kept of them: numbers as JSON has them, and the pictures that they name.

numbers, pictures = summary(explanation, films)
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from runners._explain.films import ExplainedFilms
from runners._explain.mean_maps import FEWEST, mean_maps
from runners._explain.messages import ExplainReply
from runners._explain.numbers import (
    BORDER,
    BORDER_AREA,
    alikeness,
    border_share,
    border_verdict,
    chance,
    mean_share,
    sanity_verdict,
)
from runners._explain.pictures import Drawing, normalise
from runners._explain.single_films import single_films
from xrays.statistics.bootstrap import interval, resamples


@dataclass(frozen=True)
class Pictures(Mapping[str, bytes]):
    """PNG files by name, each drawn when it is asked for: films of the user's at their own size are too large to be
    held all at once."""

    drawings: Mapping[str, Drawing]

    def __getitem__(self, name: str) -> bytes:
        return self.drawings[name]()

    def __iter__(self) -> Iterator[str]:
        return iter(self.drawings)

    def __len__(self) -> int:
        return len(self.drawings)


def summary(explanation: ExplainReply, films: ExplainedFilms) -> tuple[dict[str, Any], Pictures]:
    """(numbers, pictures): what explain.json holds, of JSON scalars, lists and dicts, and the PNG files that it
    names."""
    size, places = films.images.shape[1], explanation.maps.shape[1:]
    maps = np.stack([normalise(map_, size) for map_ in explanation.maps])
    border = border_share(explanation.maps)
    likeness = alikeness(explanation.maps, explanation.shuffled)
    groups, few, means = mean_maps(maps, border, films)
    entries, singles = single_films(explanation, maps, border, films)
    numbers = {
        "films": len(maps),
        "blank": int(np.isnan(border).sum()),
        "size": size,
        "layer": explanation.layer,
        "map": list(places),
        "border": _border(border, explanation, films.groups),
        "sanity": {
            "draws": len(explanation.shuffled),
            "films": explanation.shuffled.shape[1],
            "alike": likeness,
            "chance": None if likeness is None else chance(math.prod(places)),
            "verdict": sanity_verdict(likeness, math.prod(places)),
        },
        "groups": groups,
        "fewest": FEWEST,
        "few": few,
        "shown": entries,
    }
    return numbers, Pictures({**means, **singles})


def _border(shares: NDArray[np.float64], explanation: ExplainReply, groups: NDArray[np.str_]) -> dict[str, Any]:
    """The share of attention on the border, and what networks with shuffled weights put there, one number each."""
    means = [mean_share(border_share(draw)) for draw in explanation.shuffled]
    drawn = [share for share in means if share is not None]
    ends = _interval(shares, groups)
    return {
        "width": BORDER,
        "area": BORDER_AREA,
        "share": mean_share(shares),
        "interval": ends,
        "shuffled": drawn,
        "verdict": border_verdict(ends, drawn, explanation.maps.shape[1:]),
    }


def _interval(shares: NDArray[np.float64], groups: NDArray[np.str_]) -> list[float] | None:
    known = np.isfinite(shares)
    if not known.any():
        return None
    drawn = resamples(groups[known]).astype(np.float64)
    return interval(drawn @ shares[known] / drawn.sum(axis=1)).to_json()
