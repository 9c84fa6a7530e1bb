"""Which films of a collection a model has met before, exactly or as another copy of the same picture.

known = known_films(SeenFilms.from_json(card["films_seen"]), arrays)      # ["trained", "", "patient", …]

A model remembers films that it was trained on, and its calibration and its choice were made on such: a score on them
says nothing about new ones.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from trials.lineage import CHOSEN, COPY, MET, PATIENT, TRAINED, SeenFilms
from xrays.arrays import XrayArrays
from xrays.copies import copies_of


def known_films(seen: SeenFilms, arrays: XrayArrays) -> NDArray[np.str_]:
    """(N,) one of MET, "" for a film that is new. Raises UserError for damaged films."""
    known = np.full(len(arrays.ids), "", f"<U{max(map(len, MET))}")
    prints = arrays.fingerprints()
    known[np.isin(prints, _numbers(seen.trained))] = TRAINED
    known[np.isin(prints, _numbers(seen.chosen)) & (known == "")] = CHOSEN
    known[_copies(sorted(seen.looks), arrays) & (known == "")] = COPY
    known[np.isin(arrays.groups, arrays.groups[known != ""]) & (known == "")] = PATIENT
    return known


def _copies(looks: list[str], arrays: XrayArrays) -> NDArray[np.bool_]:
    """(N,) whether a film is like one of the looks, or like a film that is."""
    facts = arrays.facts()
    first = copies_of([*looks, *facts["hash"]], [*[""] * len(looks), *facts["whole"]])
    return np.asarray(first[len(looks) :] < len(looks))


def _numbers(films: frozenset[int]) -> NDArray[np.uint64]:
    return np.array(sorted(films), np.uint64)
