"""Values out of JSON, checked against the types of the dataclass that they are to be.

    typed(TrialResult, json.loads(line))          # nested dataclasses, tuples and mappings included
    typed(dict[str, Any], {"trials": 50})

A file that somebody has cut or edited must not become a record that fails much later, where nobody knows of the file.
"""

from __future__ import annotations

import math
import types
from collections.abc import Callable, Hashable, Iterable, Mapping
from dataclasses import MISSING, fields, is_dataclass
from functools import cache
from typing import Any, Literal, TypeVar, Union, cast, get_args, get_origin, get_type_hints

T = TypeVar("T")
Check = Callable[[Any], Any]


def typed(kind: type[T], given: Any) -> T:
    """`given`, as JSON has it, as a value of that kind: a dataclass, or what its fields may be made of. Lists become
    tuples, null a number that is none. Raises ValueError that says what does not fit."""
    return cast(T, _check(cast(Hashable, kind))(given))


@cache
def _check(kind: Any) -> Check:
    origin, inner = get_origin(kind), get_args(kind)
    if kind is Any:
        return lambda given: given
    if kind is float:
        return _number
    if is_dataclass(kind):
        return _record(cast(type, kind))
    if origin is Literal:
        return _one_of(inner)
    if origin in (Union, types.UnionType):
        return _either(inner)
    if origin is tuple:
        return _sequence(tuple, inner[0])
    if origin is list:
        return _sequence(list, inner[0])
    if origin in (dict, Mapping):
        return _mapping(inner[1])
    return _plain(kind)


def _number(given: Any) -> float:
    if type(given) is float:  # nearly all
        return given
    if given is None:
        return math.nan
    if type(given) is not int:
        raise ValueError(f"{_short(given)} where a number belongs")
    return cast(float, given)


def _plain(kind: type) -> Check:
    def check(given: Any) -> Any:
        if type(given) is not kind:  # a truth value is no whole number here
            raise ValueError(f"{_short(given)} where {kind.__name__} belongs")
        return given

    return check


def _one_of(accepted: tuple[Any, ...]) -> Check:
    def check(given: Any) -> Any:
        if given not in accepted:
            raise ValueError(f"{_short(given)} where one of {', '.join(map(repr, accepted))} belongs")
        return given

    return check


def _either(kinds: tuple[Any, ...]) -> Check:
    checks = [_check(kind) for kind in kinds if kind is not types.NoneType]

    def check(given: Any) -> Any:
        if given is None and len(checks) < len(kinds):
            return None
        for one in checks:
            try:
                return one(given)
            except ValueError as error:
                last = error
        raise last

    return check


def _numbers(kind: Any) -> Callable[[Iterable[Any]], bool]:
    """Whether there is nothing else, where numbers belong: curves and scores are most of a run, and looking at them
    one by one most of reading it."""
    return (lambda given: set(map(type, given)) == {float}) if kind is float else (lambda given: False)


def _sequence(made: Callable[[list[Any]], Any], kind: Any) -> Check:
    one, numbers = _check(kind), _numbers(kind)

    def check(given: Any) -> Any:
        if not isinstance(given, list):
            raise ValueError(f"{_short(given)} where a list belongs")
        return made(given if numbers(given) else [one(each) for each in given])

    return check


def _mapping(kind: Any) -> Check:
    one, numbers = _check(kind), _numbers(kind)

    def check(given: Any) -> Any:
        if not isinstance(given, dict):
            raise ValueError(f"{_short(given)} where an object belongs")
        if numbers(given.values()):
            return dict(given)
        return {key: one(each) for key, each in given.items()}

    return check


def _record(kind: type) -> Check:
    hints = get_type_hints(kind)
    settable = [field for field in fields(kind) if field.init]
    checks = {field.name: _check(hints[field.name]) for field in settable}
    needed = {f.name for f in settable if f.default is MISSING and f.default_factory is MISSING}

    def check(given: Any) -> Any:
        if not isinstance(given, dict):
            raise ValueError(f"{_short(given)} where {kind.__name__} belongs")
        if not needed <= given.keys() <= checks.keys():
            odd = sorted(given.keys() - checks.keys()) + sorted(needed - given.keys())
            raise ValueError(f"a {kind.__name__} {'with' if odd[0] in given else 'without'} {_short(odd[0])}")
        values = {}
        for name, each in given.items():
            try:
                values[name] = checks[name](each)
            except ValueError as error:
                raise ValueError(f"{name}: {error}") from None
        return kind(**values)

    return check


def _short(given: Any) -> str:
    return repr(given)[:60]
