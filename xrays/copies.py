"""Which films are one and the same picture: a file that was copied, scaled, compressed again or inverted.

    first = copies_of(hashes)               # (N,) the first film of the set that each film belongs to
    groups = kept_together(groups, first)   # so that no fold parts them

Copies under several ids are films of one patient, whatever a table says: where one is trained on and the other is
scored, the score is that of a memory.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from xrays.patients import patient_known

# Of 255 signs: as many may differ between copies. Of 760 real films no two pictures of a patient differ by less than
# 48, none of two patients by less than 57; a copy at a quarter of the size, one as JPEG of quality 30, one at half
# the size, compressed and inverted by no more than 14 (tests/test_copies.py).
ALIKE = 32
BLOCK = 2048


def copies_of(hashes: Sequence[str]) -> NDArray[np.int64]:
    """(N,) row of the first film that each film is a copy of, its own where there is none before it. hashes: see
    xrays/pixels/facts.py; one that is empty is like no other.

    All pairs are compared, as products of matrices of signs: 10,000 films take about a second.
    """
    first = np.arange(len(hashes))
    rows = np.array([row for row, known in enumerate(hashes) if known], np.int64)
    if len(rows) < 2:
        return first
    raw = np.array([list(bytes.fromhex(hashes[row])) for row in rows], np.uint8)
    signs = np.unpackbits(raw, axis=1).astype(np.float32) * 2 - 1
    signs[:, 0] = 0  # the brightness
    enough = signs.shape[1] - 1 - 2 * ALIKE
    for start in range(0, len(rows), BLOCK):
        # An inverted copy has all signs the other way round.
        alike = np.abs(signs[start : start + BLOCK] @ signs[start:].T) >= enough
        for one, other in zip(*np.nonzero(np.triu(alike, 1)), strict=True):
            _join(first, int(rows[start + one]), int(rows[start + other]))
    return np.array([_first(first, row) for row in range(len(first))], np.int64)


def _first(first: NDArray[np.int64], row: int) -> int:
    while first[row] != row:
        row = int(first[row])
    return row


def _join(first: NDArray[np.int64], one: int, other: int) -> None:
    low, high = sorted((_first(first, one), _first(first, other)))
    first[high] = low


def kept_together(groups: NDArray[np.str_], first: NDArray[np.int64]) -> NDArray[np.str_]:
    """(N,) the groups, those that share a picture made one. It has the name of a known patient, if there is one,
    and of those that of the film that comes first."""
    if (first == np.arange(len(first))).all():
        return groups
    names, member = np.unique(groups, return_inverse=True)
    order = np.full(len(names), len(groups))
    np.minimum.at(order, member, np.arange(len(groups)))
    order[~patient_known(names)] += len(groups)
    root = np.arange(len(names))
    for row in np.flatnonzero(first != np.arange(len(first))):
        one, other = _first(root, int(member[row])), _first(root, int(member[first[row]]))
        low, high = sorted((one, other), key=lambda group: int(order[group]))
        root[high] = low
    return names[[_first(root, int(group)) for group in member]]
