"""From maps to what is kept of them: numbers as JSON has them, and the pictures that they name.

numbers, pictures = summary(explained, seen)
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from functools import partial
from itertools import product
from typing import Any

import numpy as np
from numpy.typing import NDArray

from runners._explain.legends import file_names, on_film, shown
from runners._explain.messages import Explained
from runners._explain.numbers import (
    BORDER,
    BORDER_AREA,
    alikeness,
    border_share,
    border_verdict,
    chance,
    sanity_verdict,
)
from runners._explain.pictures import SIDE, SIDE_OF_MEANS, normalised, overlay
from xrays.label_values import Labels, groups_of
from xrays.labels import strata_of
from xrays.pictures import as_read, png
from xrays.statistics.bootstrap import interval, resamples

FEWEST = 8  # patients in a mean map: with fewer it is the maps, and the films, of single patients
EACH = 4  # single films of each kind

Draw = Callable[[], bytes]


@dataclass(frozen=True)
class Pictures(Mapping[str, bytes]):
    """PNG files by name, each drawn when it is asked for: films of the user's at their own size are too large to be
    held all at once."""

    drawings: Mapping[str, Draw]

    def __getitem__(self, name: str) -> bytes:
        return self.drawings[name]()

    def __iter__(self) -> Iterator[str]:
        return iter(self.drawings)

    def __len__(self) -> int:
        return len(self.drawings)


@dataclass(frozen=True)
class Seen:
    """The n films that were explained. images: (n, S, S, 1) uint8 inverted; names: what a reader knows them by;
    groups: (n,) patients; targets: (n,) labels of the task; labels: all that are known, see xrays/labels.py. given:
    reads one of them, (h, w), where they are the user's; ends: what an answer may speak for, the lower one first."""

    images: NDArray[np.uint8]
    names: list[str]
    groups: NDArray[np.str_]
    targets: NDArray[np.float32]
    labels: Labels
    ends: tuple[str, str]
    given: Callable[[int], NDArray[np.uint8]] | None = None


def summary(explained: Explained, seen: Seen) -> tuple[dict[str, Any], Pictures]:
    """JSON scalars, lists and dicts, and PNG files by name."""
    size, places = seen.images.shape[1], explained.maps.shape[1:]
    maps = np.stack([normalised(map_, size) for map_ in explained.maps])
    border = border_share(explained.maps)
    likeness = alikeness(explained.maps, explained.shuffled)
    groups, few, pictures = _groups(maps, border, seen)
    films, more = _films(explained, maps, border, seen)
    numbers = {
        "films": len(maps),
        "blank": int(np.isnan(border).sum()),
        "size": size,
        "layer": explained.layer,
        "map": list(places),
        "border": _border(border, explained, seen.groups),
        "sanity": {
            "draws": len(explained.shuffled),
            "films": explained.shuffled.shape[1],
            "alike": likeness,
            "chance": None if likeness is None else chance(math.prod(places)),
            "verdict": sanity_verdict(likeness, math.prod(places)),
        },
        "groups": groups,
        "fewest": FEWEST,
        "few": few,
        "shown": films,
    }
    return numbers, Pictures({**pictures, **more})


def _border(shares: NDArray[np.float64], explained: Explained, groups: NDArray[np.str_]) -> dict[str, Any]:
    """The share of attention on the border, and what networks with shuffled weights put there, one number each."""
    means = [_mean(border_share(draw)) for draw in explained.shuffled]
    drawn = [share for share in means if share is not None]
    ends = _interval(shares, groups)
    return {
        "width": BORDER,
        "area": BORDER_AREA,
        "share": _mean(shares),
        "interval": ends,
        "shuffled": drawn,
        "verdict": border_verdict(ends, drawn, explained.maps.shape[1:]),
    }


def _mean(shares: NDArray[np.float64], weights: NDArray[np.float64] | float = 1.0) -> float | None:
    """Of the maps that are not blank; None when all are."""
    known = np.isfinite(shares)
    counted = np.broadcast_to(weights, shares.shape)[known]
    return float(np.average(shares[known], weights=counted)) if known.any() else None


def _interval(shares: NDArray[np.float64], groups: NDArray[np.str_]) -> list[float] | None:
    known = np.isfinite(shares)
    if not known.any():
        return None
    drawn = resamples(groups[known]).astype(np.float64)
    found = interval(drawn @ shares[known] / drawn.sum(axis=1))
    return None if math.isnan(found.low) else list(found)


def _groups(
    maps: NDArray[np.float32], border: NDArray[np.float64], seen: Seen
) -> tuple[list[dict[str, Any]], list[dict[str, Any]], dict[str, Draw]]:
    """Means of the maps by groups of the labels that are strata, each over the mean of its films, in which each
    patient counts once; the groups that have too few patients for one; pictures."""
    found: list[dict[str, Any]] = []
    few: list[dict[str, Any]] = []
    means: dict[str, tuple[NDArray[np.uint8], NDArray[np.float32]]] = {}
    for number, (of, own) in enumerate(_combinations(seen.labels)):
        names, patient, films = np.unique(seen.groups[own], return_inverse=True, return_counts=True)
        group = {"of": of, "films": len(own), "patients": len(names)}
        if len(names) < FEWEST:
            few.append(group)
            continue
        weights = 1 / films[patient]
        file = f"mean-{number}.png"
        film = np.average(seen.images[own], axis=0, weights=weights)
        means[file] = as_read(film, SIDE_OF_MEANS), np.average(maps[own], axis=0, weights=weights)
        found.append({**group, "border": _mean(border[own], weights), "picture": file})
    # One scale for all means, so that they can be compared with each other.
    most = max((float(np.abs(map_).max()) for _, map_ in means.values()), default=0.0) or 1.0
    pictures: dict[str, Draw] = {
        file: partial(_overlaid, film, (map_ / most).astype(np.float32)) for file, (film, map_) in means.items()
    }
    return found, few, pictures


def _combinations(labels: Labels) -> Iterator[tuple[dict[str, str], NDArray[np.intp]]]:
    """Every combination of the groups of the strata, the last label's groups one after the other: their names by
    label, and the rows of the films in it. None where no stratum is known."""
    strata = strata_of(labels)[::-1]
    member = {label.name: groups_of(label, labels[label.name]) for label in strata}
    for groups in product(*(enumerate(label.group_names) for label in strata)) if strata else ():
        named = {label.name: name for label, (_, name) in zip(strata, groups, strict=True)}
        inside = [member[label.name] == number for label, (number, _) in zip(strata, groups, strict=True)]
        yield named, np.flatnonzero(np.all(inside, axis=0))


def _films(
    explained: Explained, maps: NDArray[np.float32], border: NDArray[np.float64], seen: Seen
) -> tuple[list[dict[str, Any]], dict[str, Draw]]:
    """Single films: the worst, the best and the middling answers; all that the user has given."""
    error = np.abs(explained.predictions - seen.targets)
    known = np.flatnonzero(np.isfinite(error))
    order = known[np.argsort(error[known], kind="stable")]
    middle = max(0, (len(order) - EACH) // 2)
    kinds = {
        "worst": order[::-1][:EACH],
        "typical": order[middle : middle + EACH],
        "best": order[:EACH],
        "given": np.arange(len(seen.names) if seen.given else 0),
    }
    found: list[dict[str, Any]] = []
    pictures: dict[str, Draw] = {}
    taken: set[int] = set()
    own = file_names(seen.names) if seen.given else []
    for kind, rows in kinds.items():
        for number, row in enumerate((row for row in rows.tolist() if row not in taken), 1):
            taken.add(row)
            name = own[row] if kind == "given" else f"{kind}-{number}"
            plain, marked = f"{name}.png", f"{name}-map.png"
            if seen.given and kind == "given":
                film = partial(seen.given, row)
                pictures[plain] = partial(_given, film)
                pictures[marked] = partial(_given_map, film, maps[row], seen.ends)
            else:
                small = as_read(seen.images[row], SIDE)
                pictures[plain], pictures[marked] = partial(png, small), partial(_overlaid, small, maps[row])
            label, share = float(seen.targets[row]), float(border[row])
            found.append(
                {
                    "kind": kind,
                    "film": seen.names[row],
                    "label": label if np.isfinite(label) else None,
                    "prediction": float(explained.predictions[row]),
                    "border": share if np.isfinite(share) else None,
                    "picture": plain,
                    "overlay": marked,
                }
            )
    return found, pictures


def _overlaid(film: NDArray[np.uint8], map_: NDArray[np.float32]) -> bytes:
    return png(overlay(film, map_))


def _given(film: Callable[[], NDArray[np.uint8]]) -> bytes:
    return png(shown(film()))


def _given_map(film: Callable[[], NDArray[np.uint8]], map_: NDArray[np.float32], ends: tuple[str, str]) -> bytes:
    return png(on_film(film(), map_, ends))
