"""Which films are one and the same picture: a file that was copied, scaled, compressed again or inverted.

    first = copies_of(hashes)               # (N,) the first film of the set that each film belongs to
    groups = kept_together(groups, first)   # so that no fold parts them

Copies under several ids are films of one patient, whatever a table says: where one is trained on and the other is
scored, the score is that of a memory.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np
from numpy.typing import NDArray

from xrays.patients import patient_known

# Of 255 signs: as many may differ between copies. Of 760 real films no two pictures of a patient differ by less than
# 48, none of two patients by less than 57, of 800 synthetic ones none by less than 25; a copy at a quarter of the
# size, one as JPEG of quality 30, one at half the size, compressed and inverted by no more than 14.
ALIKE = 24
# A copy that differs in ALIKE signs has the same sample of so many of them in one table of five, so it is missed once
# in a million times.
SAMPLE, TABLES = 16, 64


def copies_of(*hashes: Sequence[str]) -> NDArray[np.int64]:
    """(N,) row of the first film that each film is a copy of, its own where there is none before it. hashes: see
    xrays/pixels/facts.py; one that is empty is like no other. Where films have several, N of each kind, one of two
    films that are alike is enough.

    Only films that agree in a sample of signs are compared (Indyk & Motwani, STOC 1998): all pairs of 100,000 films
    would take minutes, this takes seconds. The samples are the same every time.
    """
    first = np.arange(len(hashes[0]))
    known = [(row, one) for kind in hashes for row, one in enumerate(kind) if one]
    if len(known) < 2:
        return first
    rows = np.array([row for row, _ in known])
    raw = np.frombuffer(bytes.fromhex("".join(one for _, one in known)), np.uint8).reshape(len(known), -1)
    bits = np.unpackbits(raw, axis=1)[:, 1:]  # the first says nothing
    bits ^= bits[:, :1]  # an inverted copy has all signs the other way round
    # A picture that is there ten thousand times is compared with others once.
    raw = np.packbits(bits, axis=1)
    _, one_each, which = np.unique(raw.view(f"V{raw.shape[1]}")[:, 0], return_index=True, return_inverse=True)
    for row, other in zip(rows.tolist(), rows[one_each][which].tolist(), strict=True):
        _join(first, row, other)
    rows, bits, words = rows[one_each], bits[one_each], raw[one_each].view(np.uint64)
    rng = np.random.default_rng(0)
    for _ in range(TABLES):
        sample = bits[:, rng.permutation(bits.shape[1])[:SAMPLE]]
        keys = (sample ^ sample[:, :1]) @ (1 << np.arange(SAMPLE))
        for one, other in _pairs(keys):
            apart = np.bitwise_count(words[one] ^ words[other]).sum(1, dtype=np.int64)
            near = np.minimum(apart, bits.shape[1] - apart) <= ALIKE
            for pair in zip(rows[one[near]].tolist(), rows[other[near]].tolist(), strict=True):
                _join(first, *pair)
    return np.array([_first(first, row) for row in range(len(first))], np.int64)


def _pairs(keys: NDArray[np.int64]) -> Iterator[tuple[NDArray[np.int64], NDArray[np.int64]]]:
    """All pairs of places that have the same key (n,), many at a time."""
    order = np.argsort(keys, kind="stable")
    ordered, start, ahead = keys[order], np.arange(len(keys)), 1
    while len(start):
        start = start[start + ahead < len(keys)]
        start = start[ordered[start] == ordered[start + ahead]]
        yield order[start], order[start + ahead]
        ahead += 1


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
