"""Mean maps of groups of films, each over the mean of its films.

groups, few, drawings = mean_maps(maps, border, films)
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import asdict
from functools import partial
from itertools import product
from typing import Any

import numpy as np
from numpy.typing import NDArray

from runners._explain.films import ExplainedFilms
from runners._explain.numbers import mean_share
from runners._explain.pictures import SIDE_OF_MEANS, Drawing, overlay_png
from xrays.label_values import Labels, groups_of
from xrays.labels import strata_of
from xrays.patients import whose
from xrays.pictures import as_read

FEWEST = 8  # patients in a mean map: with fewer it is the maps, and the films, of single patients


def mean_maps(
    maps: NDArray[np.float32], border: NDArray[np.float64], films: ExplainedFilms
) -> tuple[list[dict[str, Any]], list[dict[str, Any]], dict[str, Drawing]]:
    """By groups of the labels that are strata: what there is to say of each mean, in which each patient counts once;
    the groups that have too few patients for one; pictures by name. maps: (n, S, S) in -1…1; border: (n,) the share
    of attention there, NaN for blank maps."""
    of_groups: list[dict[str, Any]] = []
    few: list[dict[str, Any]] = []
    means: dict[str, tuple[NDArray[np.uint8], NDArray[np.float32]]] = {}
    for number, (of, own) in enumerate(_combinations(films.labels)):
        names, patient, counts = np.unique(films.groups[own], return_inverse=True, return_counts=True)
        group = {"of": of, **asdict(whose(films.groups[own]))}
        if len(names) < FEWEST:
            few.append(group)
            continue
        weights = 1 / counts[patient]
        file = f"mean-{number}.png"
        film = np.average(films.images[own], axis=0, weights=weights)
        means[file] = as_read(film, SIDE_OF_MEANS), np.average(maps[own], axis=0, weights=weights)
        of_groups.append({**group, "border": mean_share(border[own], weights), "picture": file})
    # One scale for all means, so that they can be compared with each other.
    most = max((float(np.abs(map_).max()) for _, map_ in means.values()), default=0.0) or 1.0
    pictures: dict[str, Drawing] = {
        file: partial(overlay_png, film, (map_ / most).astype(np.float32)) for file, (film, map_) in means.items()
    }
    return of_groups, few, pictures


def _combinations(labels: Labels) -> Iterator[tuple[dict[str, str], NDArray[np.intp]]]:
    """Every combination of the groups of the first two strata, the second label's groups one after the other: their
    names by label, and the rows of the films in it. None where no stratum is known."""
    strata = strata_of(labels)[:2][::-1]  # of three labels most combinations have too few patients
    member = {label.name: groups_of(label, labels[label.name]) for label in strata}
    for groups in product(*(enumerate(label.group_names) for label in strata)) if strata else ():
        named = {label.name: name for label, (_, name) in zip(strata, groups, strict=True)}
        inside = [member[label.name] == number for label, (number, _) in zip(strata, groups, strict=True)]
        yield named, np.flatnonzero(np.all(inside, axis=0))
