"""Which groups of films are held out: as many films as wanted, of every label its share.

    held = groups_held_out(tally_of(groups, labels), share=0.15, seed=(0, 0))      # (G,) boolean

First how many groups of every size, so that the number of films is the nearest to the share that whole groups can
make; then which ones, by exchanging groups of one size until no exchange makes the labels more even. Groups that are
large beside the hold-out are left to the development, since a hold-out of few patients says little: they are taken
only where the share is not met as well without them.
"""

from __future__ import annotations

from collections import Counter

import numpy as np
from numpy.typing import NDArray

from xrays.strata import Tally

LARGE = 1 / 5  # of the hold-out: what one group may hold of it
# What films beyond the share cost, squared: of a stratum 1, of a label (women, the oldest) this and, by how few there
# are, more: of four films of a label one is held out even if it is the only one of its stratum. All other such films
# are left to the development.
LABEL, RARE = 0.25, 4.0
WHOLE = 100.0  # what a whole film costs, which no rounding needs
EXCHANGE_CANDIDATES = 32  # kinds of groups on either side that are looked at for one exchange


def groups_held_out(tally: Tally, *, share: float, seed: tuple[int, int]) -> NDArray[np.bool_]:
    """(G,) whether each of the groups is held out."""
    sizes = tally.sizes
    rng = np.random.default_rng(seed)
    numbers = _numbers(sizes, share * int(sizes.sum()))
    held = np.zeros(len(sizes), bool)
    for size, number in numbers.items():
        held[rng.permutation(np.flatnonzero(sizes == size))[:number]] = True
    counts = np.column_stack([tally.cells, tally.labels])
    wanted = share * counts.sum(0)
    weights = np.concatenate([np.ones(tally.cells.shape[1]), LABEL + RARE / wanted[tally.cells.shape[1] :]])
    over = counts[held].sum(0) - wanted
    # The small ones last: they are many, and even out what the large ones leave.
    for size in sorted(numbers, reverse=True):
        alike = rng.permutation(np.flatnonzero(sizes == size))
        over = _exchange(alike, counts[alike], held, over, weights)
    return held


def _numbers(sizes: NDArray[np.int64], wanted: float) -> dict[int, int]:
    """How many groups of every size, together the nearest to `wanted` films that any choice of groups comes."""
    counts = sorted(Counter(sizes.tolist()).items())
    order = sorted(range(1, 2 * int(wanted) + 2), key=lambda total: (abs(total - wanted), total))
    sums = _sums(counts, max(order))
    upto = sum(size <= LARGE * wanted for size, _ in counts)
    while abs(_nearest(order, sums[upto]) - wanted) > abs(_nearest(order, sums[-1]) - wanted):
        upto += 1
    left, films = _nearest(order, sums[upto]), sum(size * count for size, count in counts[:upto])
    numbers, carried = {}, 0.0
    for position in reversed(range(upto)):
        size, count = counts[position]
        # In proportion; what is rounded off goes to the next smaller size.
        ideal = left / films * count + carried
        possible = [n for n in range(min(count, left // size) + 1) if sums[position] >> (left - n * size) & 1]
        number = min(possible, key=lambda n: abs(n - ideal))
        numbers[size] = number
        carried = min(max(ideal - number, -0.5), 0.5)
        left, films = left - number * size, films - count * size
    return numbers


def _sums(counts: list[tuple[int, int]], most: int) -> list[int]:
    """Numbers of films up to `most` that the groups of the first 0, 1, 2, … sizes can make, as bits of a number."""
    sums, within = [1], (2 << most) - 1
    for size, count in counts:
        reached, taken = sums[-1], 1
        while count:
            taken = min(taken, count)
            reached |= reached << size * taken & within
            count, taken = count - taken, 2 * taken
        sums.append(reached)
    return sums


def _nearest(order: list[int], sums: int) -> int:
    """The first number of `order` that is among the sums, 0 where none is."""
    return next((total for total in order if sums >> total & 1), 0)


def _exchange(
    groups: NDArray[np.intp],
    counts: NDArray[np.float64],
    held: NDArray[np.bool_],
    over: NDArray[np.float64],
    weights: NDArray[np.float64],
) -> NDArray[np.float64]:
    """Exchanges, in `held`, `groups` (n,) of equal size as long as that makes the hold-out more even. counts
    (n, F): their films; over (F,): films that are held out beyond the share; weights (F,). Returns the new `over`."""
    kinds: dict[bytes, int] = {}
    kind = [kinds.setdefault(row.tobytes(), len(kinds)) for row in counts]
    rows = np.zeros((len(kinds), counts.shape[1]))
    rows[kind] = counts
    outside: list[list[int]] = [[] for _ in kinds]
    inside: list[list[int]] = [[] for _ in kinds]
    for group, its in zip(groups.tolist(), kind, strict=True):
        (inside if held[group] else outside)[its].append(group)
    while True:
        taken = _cheapest(outside, _uneven(over + rows, weights))
        given = _cheapest(inside, _uneven(over - rows, weights))
        if not len(taken) or not len(given):
            return over
        after = _uneven(over + rows[taken][:, None] - rows[given], weights)
        best = np.unravel_index(np.argmin(after), after.shape)
        if after[best] > _uneven(over, weights) - 1e-9:
            return over
        inward, outward = taken[best[0]], given[best[1]]
        over = over + rows[inward] - rows[outward]
        group, other = outside[inward].pop(), inside[outward].pop()
        held[group], held[other] = True, False
        inside[inward].append(group)
        outside[outward].append(other)


def _cheapest(members: list[list[int]], costs: NDArray[np.float64]) -> NDArray[np.intp]:
    """The kinds of groups, of those that have members, that cost the least, the cheapest first."""
    possible = np.flatnonzero([bool(groups) for groups in members])
    return possible[np.argsort(costs[possible], kind="stable")][:EXCHANGE_CANDIDATES]


def _uneven(over: NDArray[np.float64], weights: NDArray[np.float64]) -> NDArray[np.float64]:
    """(…) how uneven a hold-out is that has so many films (…, F) beyond its share."""
    off = np.abs(over)
    return np.asarray((off * off) @ weights + WHOLE * np.floor(off + 1e-9).sum(-1))
