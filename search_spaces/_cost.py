"""What the networks of a space cost before any is built, and why one is too large.

smallest, largest = extremes(space, (64, 64, 1))
largest.parameters, largest.training_bytes
within(space.footprint(recipe, shape), recipe.fit.batch_size, None, 4 * 10**9)     # None, or why not
"""

from __future__ import annotations

import math
import random
from collections.abc import Callable, Mapping
from dataclasses import dataclass

from search_spaces._domains import spelled, values
from search_spaces._hyperparameters import Choice, Domain, Integer, Real, Scalar
from search_spaces._space import Footprint, Shape, Space, domains
from xrays.next_command import worded

Params = Mapping[str, Scalar]
STARTS = 3  # best draws that the climb begins at, for spaces in which one climb can end on a lesser peak


@dataclass(frozen=True)
class Priced:
    """One end of a space. The network with the fewest (or most) parameters and the one whose training takes the
    least (or most) memory are two; training_bytes_at: the configuration of the latter, which differs from the space's
    first one only where that matters."""

    parameters: int
    training_bytes: int
    training_bytes_at: Params


def table(space: Space) -> list[tuple[str, str, str]]:
    """A row for every parameter of a space: its name, its domain in words, its value in the first configuration."""
    return [(name, spelled(domain), worded(space.first[name])) for name, domain in domains(space).items()]


def extremes(space: Space, shape: Shape, draws: int = 2000, seed: int = 0) -> tuple[Priced, Priced]:
    """The smallest and the largest network for films of a shape (S, S, 1), or vectors of (D,), by the space's own
    footprint.

    Random draws first, then a climb from the best of them: one parameter at a time through its options, or to the
    ends of its range, until nothing changes. Exact where cost rises or falls with every parameter by itself.
    """
    known, rng = domains(space), random.Random(seed)

    def price(params: Params) -> tuple[int, int]:
        recipe = space.recipe(params)
        footprint = space.footprint(recipe, shape)
        return footprint.parameters, footprint.training_bytes(recipe.fit.batch_size)

    drawn = [space.first, *({name: draw(domain, rng) for name, domain in known.items()} for _ in range(draws))]
    priced = [(params, price(params)) for params in drawn]

    def peak(measure: int, sign: int) -> Params:
        def height(params: Params) -> int:
            return sign * price(params)[measure]

        starts = sorted(priced, key=lambda pair: -sign * pair[1][measure])[:STARTS]
        highest = max((_climbed(known, start, height) for start, _ in starts), key=height)
        return _plain(space.first, highest, height)

    def end(sign: int) -> Priced:
        in_memory = peak(1, sign)
        return Priced(price(peak(0, sign))[0], price(in_memory)[1], in_memory)

    return end(-1), end(1)


def within(footprint: Footprint, batch_size: int, max_parameters: int | None, memory_bytes: int | None) -> str | None:
    """Why a network may not be trained here, in words with the numbers; None where it may. A limit that is None is
    none."""
    if max_parameters is not None and footprint.parameters > max_parameters:
        return f"{footprint.parameters:,} parameters; at most {max_parameters:,} (--max-params)"
    need = footprint.training_bytes(batch_size)
    if memory_bytes is not None and need > memory_bytes:
        # Rounded away from each other, so that the two never read the same.
        return (
            f"needs about {_gigabytes(need, math.ceil)} to train with batches of {batch_size}; "
            f"training may take {_gigabytes(memory_bytes, math.floor)} here"
        )
    return None


def draw(domain: Domain, rng: random.Random) -> Scalar:
    """One value, all equally likely; on a logarithmic scale where the domain has one."""
    match domain:
        case Integer(low, high, step):
            return rng.randrange(low, high + 1, step)
        case Real(low, high, log):
            value = math.exp(rng.uniform(math.log(low), math.log(high))) if log else rng.uniform(low, high)
            return min(max(value, low), high)
        case Choice(options):
            return rng.choice(options)


def _climbed(known: Mapping[str, Domain], best: Params, height: Callable[[Params], int]) -> Params:
    top, before = height(best), -math.inf
    while top > before:
        before = top
        for name, domain in known.items():
            for value in (domain.low, domain.high) if isinstance(domain, Real) else values(domain):
                changed = {**best, name: value}
                if (reached := height(changed)) > top:
                    best, top = changed, reached
    return best


def _plain(first: Params, best: Params, height: Callable[[Params], int]) -> Params:
    """As high, with the values of the first configuration wherever these cost nothing."""
    for name, value in first.items():
        changed = {**best, name: value}
        if height(changed) >= height(best):
            best = changed
    return best


def _gigabytes(count: int, rounded: Callable[[float], int]) -> str:
    return f"{rounded(count / 1e8) / 10:,.1f} GB"
