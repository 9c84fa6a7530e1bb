"""The values of domains, and both in words, as a user reads and types them.

values(Integer(2, 5))                       # range(2, 6)
spelled(Real(1e-4, 1e-2, log=True))         # "0.0001..0.01 (log)"
as_option(Choice(("relu", "swish")))            # "relu,swish", after `--set activation=`
nearest(Integer(2, 5), 9)                   # 5
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache
from itertools import islice
from typing import Any

from search_spaces._hyperparameters import Choice, Domain, Integer, Real, Scalar
from xrays.next_command import worded


def spelled(domain: Domain) -> str:
    """A domain in words: "2..5", "16..64 (step 16)", "0.0002..0.01 (log)", "relu, swish", "false, true"."""
    text = as_option(domain)
    match domain:
        case Choice():
            return text.replace(",", ", ")
        case Integer(step=step) if step > 1 and ".." in text:
            return f"{text} (step {step})"
    return f"{text} (log)" if domain.log and ".." in text else text


def as_option(domain: Domain) -> str:
    """A domain as one types it after `--set NAME=`: "2..5", "3", "relu,swish"."""
    match domain:
        case Choice(options):
            return ",".join(map(worded, options))
        case Integer(low):
            return span(low, highest(domain))
        case Real(low, high):
            return span(low, high)


def nearest(domain: Domain, value: Any) -> Scalar:
    """The allowed value nearest to a finite number; among options that are no numbers itself or the first one."""
    match domain:
        case Choice(options):
            numbers = [option for option in options if isinstance(option, int | float)]
            if numbers:
                return min(numbers, key=lambda option: abs(option - value))
            return value if value in options else options[0]
        case Integer(low, step=step):
            # By the nearest step, and never through a float: a whole number from outside can be of any size.
            return low + int(min(max(value, low), highest(domain)) - low + step // 2) // step * step
        case Real(low, high):
            return float(min(max(value, low), high))


def values(domain: Choice | Integer) -> Sequence[Scalar]:
    """All that a domain of options or whole numbers allows, in its order."""
    return domain.options if isinstance(domain, Choice) else range(domain.low, highest(domain) + 1, domain.step)


def span(low: Scalar, high: Scalar) -> str:
    """A range as one types it; one value where both ends are the same."""
    return worded(low) if low == high else f"{worded(low)}..{worded(high)}"


def highest(domain: Integer) -> int:
    """The largest value that the steps reach."""
    return domain.low + (domain.high - domain.low) // domain.step * domain.step


@cache
def spread(low: float, high: float, count: int, log: bool) -> tuple[float, ...]:
    """`count` values spread evenly over a range, on a logarithmic scale where `log`: both its ends and what is
    between, or its middle where it is one."""
    shares = [place / (count - 1) for place in range(count)] if count > 1 else [0.5]
    places = [low * (high / low) ** share if log else low + (high - low) * share for share in shares]
    # 1e-4 for 9.999999999999999e-05; and held in the range, whose ends that may miss.
    held = (min(max(float(f"{place:.12g}"), float(low)), float(high)) for place in places)
    return (float(low), *islice(held, 1, count - 1), float(high)) if count > 1 else tuple(held)
