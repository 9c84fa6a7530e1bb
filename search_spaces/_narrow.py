"""A space with smaller domains, from texts as they are typed, and domains as texts.

    smaller = narrow(space, sets=["depth=3..4", "optimizer=adam"], fixes=["batch_size=32"])
    narrowing(space, smaller)                   # ("depth=3..4", "optimizer=adam", "batch_size=32")
    spelled(domains(smaller)["depth"])          # "3..4"

The smaller space asks for the same names in the same order, so it is as flat as the whole one: a parameter with one
value left is still asked for. Whatever is drawn from it replays in the whole space to the same recipe.
"""

from __future__ import annotations

import dataclasses
import difflib
import math
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any

from search_spaces._domains import as_option, highest, nearest, span, spelled
from search_spaces._handles import Within
from search_spaces._hyperparameters import Choice, Domain, Hyperparameters, Integer, Real, Scalar
from search_spaces._space import Space, domains
from xrays.errors import UserError
from xrays.next_command import worded

FLAGS = {"false": False, "no": False, "off": False, "true": True, "yes": True, "on": True}


def narrow(space: Space, sets: Sequence[str], fixes: Sequence[str]) -> Space:
    """The same space with smaller domains.

    sets: `depth=3..4`, `depth=3,4`, `learning_rate=1e-4..1e-3`, `filters=16,32`, `augment_flip=false`.
    fixes: one value each, `batch_size=32`. Values of `first` that are no longer allowed move to the nearest allowed
    one, and then its label is "default". Raises UserError for a text that means no smaller domain.
    """
    whole = domains(space)
    smaller: dict[str, Domain] = {}
    for option, texts in (("--set", sets), ("--fix", fixes)):
        for text in texts:
            order = _order(space, whole, option, text)
            if order.name in smaller:
                raise order.wrong(f"comes after another word on {order.name}, and one is enough")
            smaller[order.name] = _smaller(order)
    # What stays as it was is left to the space itself: a flag is then still asked for as a flag.
    smaller = {name: domain for name, domain in smaller.items() if as_option(domain) != as_option(whole[name])}
    first = {name: nearest(smaller[name], value) if name in smaller else value for name, value in space.first.items()}
    label = space.label if first == dict(space.first) else "default"
    return dataclasses.replace(space, sample=partial(_sample, space.sample, smaller), first=first, label=label)


def narrowing(whole: Space, narrowed: Space) -> tuple[str, ...]:
    """What `narrow` has changed, in the order of the space: the same for all spellings of the same narrowing.
    Given to `narrow` as `sets`, it makes the same domains again."""
    after = {name: as_option(domain) for name, domain in domains(narrowed).items()}
    before = {name: as_option(domain) for name, domain in domains(whole).items() if name in after}
    return tuple(f"{name}={after[name]}" for name, domain in before.items() if domain != after[name])


@dataclass(frozen=True)
class _Order:
    """One `--set` or `--fix` of a parameter that there is. first: its value in the first configuration."""

    option: str
    name: str
    value: str
    domain: Domain
    first: Scalar

    def again(self, value: str = "") -> str:
        """What to type: this value, or the whole domain, or for a fix a value of it."""
        known = worded(self.first) if self.option == "--fix" else as_option(self.domain)
        return f"{self.option} {self.name}={value or known}"

    def wrong(self, why: str, instead: str = "") -> UserError:
        of = "one value of " if self.option == "--fix" else ""
        return UserError(
            f"{self.option} {self.name}={self.value} {why}",
            f"{of}{self.name}: {spelled(self.domain)}",
            self.again(instead),
        )


def _order(space: Space, whole: Mapping[str, Domain], option: str, text: str) -> _Order:
    name, equals, value = (part.strip() for part in text.partition("="))
    if equals and name in whole:
        order = _Order(option, name, value, whole[name], space.first[name])
        if not value:
            raise order.wrong("has no value")
        return order
    word = re.split(r"[\s:=]", name.lower().replace("-", "_"))[0]
    close = [
        _Order(option, each, "", whole[each], space.first[each]) for each in difflib.get_close_matches(word, whole)
    ]
    raise UserError(
        f"{option} {text} " + (f"names no parameter of the space {space.name}" if equals else "has no ="),
        f"NAME=VALUE with one of {', '.join(whole)}",
        close[0].again() if close else f"python cli.py spaces {space.name}",
    )


def _smaller(order: _Order) -> Domain:
    match order.domain:
        case Choice(options):
            wanted = _options(order, options)
            return Choice(tuple(option for option in options if option in wanted))
        case domain:
            low, high = _ends(order, domain)
            return dataclasses.replace(domain, low=low, high=high)


def _options(order: _Order, options: tuple[Scalar, ...]) -> list[Scalar]:
    """The options that a comma list means."""
    parts, fixed = [part.strip() for part in order.value.split(",")], order.option == "--fix"
    read = {part: _option(options, part) for part in parts}
    wanted = [option for option in read.values() if option is not None]
    unknown = [part for part in parts if read[part] is None]
    if unknown:
        if ".." in order.value:
            raise order.wrong("is a range, and this parameter has options")
        close = difflib.get_close_matches(unknown[0].lower(), map(worded, options), n=1)
        proposed = close if fixed else [*map(worded, wanted), *close]
        raise order.wrong(f"asks for {unknown[0]!r}, which is none of the options", ",".join(proposed))
    if fixed and len(set(wanted)) > 1:
        raise order.wrong("fixes several values", worded(wanted[0]))
    return wanted


def _option(options: tuple[Scalar, ...], text: str) -> Scalar | None:
    """The option that a text means when it is read as what the options are."""
    kind = type(options[0])
    try:
        value = FLAGS[text.lower()] if kind is bool else kind(text)
    except (KeyError, ValueError):
        return None
    return value if value in options else None


def _ends(order: _Order, domain: Integer | Real) -> tuple[Any, Any]:
    """Lowest and highest value of a range, of a list of neighbours, or of a single value."""
    read: Callable[[str], float] = _finite
    top, step = domain.high, 0
    if isinstance(domain, Integer):
        read, top, step = int, highest(domain), domain.step
    spans = ".." in order.value
    try:
        values = [read(part) for part in (order.value.split("..", 1) if spans else order.value.split(","))]
    except ValueError:
        raise order.wrong("is no range of " + ("whole numbers" if step else "numbers")) from None
    low, high, fixed = min(values), max(values), order.option == "--fix"
    # In this order: what a later line says holds only where the earlier ones do not.
    faults = (
        ("fixes several values", fixed and low != high),
        ("goes beyond the range", low < domain.low or high > top),
        ("runs backwards", spans and values != [low, high]),
        ("is off the steps", step and any((value - domain.low) % step for value in values)),
        ("leaves a gap", not spans and high - low != (len(set(values)) - 1) * step),
    )
    for why, faulty in faults:
        if faulty:
            raise order.wrong(why, span(nearest(domain, low), nearest(domain, low if fixed else high)))
    return low, high


def _finite(text: str) -> float:
    """Zero is added because -0 is the same number and would be spelled otherwise."""
    number = float(text) + 0.0
    if not math.isfinite(number):
        raise ValueError(text)
    return number


def _sample(sample: Callable[[Hyperparameters], Any], domains: Mapping[str, Domain], hp: Hyperparameters) -> Any:
    return sample(Within(hp, domains))
