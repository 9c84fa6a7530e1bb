"""A narrowed space is a part of the whole: what it asks for, what it tries first, what is drawn from it."""

from __future__ import annotations

import random
from typing import Any

import pytest
from fake_space import SPACE
from hypothesis import given
from hypothesis import strategies as st

from search_spaces import load_space, space_names
from search_spaces._domains import as_option, nearest
from search_spaces._hyperparameters import Choice, Domain, Fixed, Integer, Real, Scalar
from search_spaces._narrow import narrow, narrowing
from search_spaces._space import Space, domains, fingerprint


def test_first_moves_to_what_is_allowed() -> None:
    smaller = narrow(
        SPACE,
        ["depth=2..3", "width=48..64", "learning_rate=5e-3..1e-2", "activation=gelu,relu", "batch_size=32,64"],
        ["augment_flip=no"],
    )
    assert smaller.first == {
        "depth": 3,
        "width": 48,
        "learning_rate": 5e-3,
        "dropout": 0.2,
        "activation": "relu",
        "batch_size": 32,
        "growth": 2.0,
        "augment_flip": False,
    }
    assert list(smaller.first) == list(SPACE.first)
    assert smaller.label == "default"
    smaller.recipe(smaller.first)


def test_the_label_stays_while_first_does() -> None:
    smaller = narrow(SPACE, ["depth=3..4", "augment_flip=yes"], ["batch_size=16"])
    assert smaller.first == SPACE.first
    assert smaller.label == "original"


def test_everything_else_of_the_space_stays() -> None:
    smaller = narrow(SPACE, ["depth=3"], [])
    assert (smaller.name, smaller.title, smaller.build, smaller.footprint) == (
        SPACE.name,
        SPACE.title,
        SPACE.build,
        SPACE.footprint,
    )


@pytest.mark.parametrize(
    ("domain", "value", "expected"),
    [
        (Integer(16, 70, step=16), 41, 48),
        (Integer(16, 70, step=16), 39, 32),
        (Integer(16, 70, step=16), 10**400, 64),
        (Integer(-8, 8, step=4), -7, -8),
        (Choice((8, 32)), 24, 32),
        (Choice((8, 32)), 16, 8),
        (Choice(("relu", "gelu")), "swish", "relu"),
        (Choice(("relu", "gelu")), "gelu", "gelu"),
    ],
)
def test_the_nearest_value(domain: Domain, value: Scalar, expected: Scalar) -> None:
    assert nearest(domain, value) == expected


def _part(name: str, domain: Domain) -> st.SearchStrategy[tuple[str, Domain]]:
    """Texts for a parameter that mean a part of its domain, with that part."""
    match domain:
        case Integer(low, high, step):
            ends = st.tuples(*[st.sampled_from(range(low, high + 1, step))] * 2).map(sorted)
            return ends.map(
                lambda pair: (f"{name}={pair[0]}..{pair[1]}", Integer(pair[0], pair[1], step, domain.log))
            )
        case Real(low, high):
            reals = st.tuples(*[st.floats(low, high).map(lambda value: value + 0.0)] * 2).map(sorted)
            return reals.map(lambda pair: (f"{name}={pair[0]!r}..{pair[1]!r}", Real(pair[0], pair[1], domain.log)))
        case Choice(options):
            lists = st.lists(st.sampled_from(options), min_size=1)
            return lists.map(
                lambda chosen: (
                    f"{name}={', '.join(map(str, chosen))}",
                    Choice(tuple(option for option in options if option in chosen)),
                )
            )


def narrowings(space: Space) -> st.SearchStrategy[dict[str, tuple[str, Domain]]]:
    """For some of a space's parameters a text and the domain that it means."""
    parts = {name: _part(name, domain) for name, domain in domains(space).items()}
    names = st.lists(st.sampled_from(list(parts)), unique=True)
    return names.flatmap(lambda chosen: st.fixed_dictionaries({name: parts[name] for name in chosen}))


def drawn(space: Space, rng: random.Random) -> dict[str, Scalar]:
    values: dict[str, Scalar] = {}
    for name, domain in domains(space).items():
        match domain:
            case Integer(low, high, step):
                values[name] = rng.randrange(low, high + 1, step)
            case Real(low, high):
                values[name] = min(max(rng.uniform(low, high), low), high)
            case Choice(options):
                values[name] = rng.choice(options)
    return values


@given(st.data(), st.sampled_from([SPACE, *map(load_space, space_names())]), st.integers(0, 2**32))
def test_a_part_of_a_space_is_a_space(data: st.DataObject, space: Space, seed: int) -> None:
    parts = data.draw(narrowings(space))
    smaller = narrow(space, [text for text, _ in parts.values()], [])
    whole, left = domains(space), domains(smaller)
    assert list(left) == list(whole), "the same names in the same order"
    for name, domain in left.items():
        assert as_option(domain) == as_option(parts[name][1] if name in parts else whole[name])
    smaller.recipe(smaller.first)
    assert smaller.label == (space.label if smaller.first == space.first else "default")
    params = drawn(smaller, random.Random(seed))
    assert smaller.recipe(params) == space.recipe(params)
    again = narrow(space, narrowing(space, smaller), [])
    assert domains(again) == left and fingerprint(again) == fingerprint(smaller)


@given(st.data())
def test_a_narrowed_space_can_be_narrowed(data: st.DataObject) -> None:
    smaller = narrow(SPACE, [text for text, _ in data.draw(narrowings(SPACE)).values()], [])
    smallest = narrow(smaller, [text for text, _ in data.draw(narrowings(smaller)).values()], [])
    params = drawn(smallest, random.Random(0))
    assert smallest.sample(Fixed(params)) == smaller.recipe(params) == SPACE.recipe(params)
    assert domains(narrow(SPACE, narrowing(SPACE, smallest), [])) == domains(smallest)


def test_optuna_draws_from_what_is_left() -> None:
    import optuna

    class Handle:
        def __init__(self, trial: optuna.Trial) -> None:
            self.trial = trial

        def integer(self, name: str, low: int, high: int, *, step: int = 1, log: bool = False) -> int:
            return self.trial.suggest_int(name, low, high, step=step, log=log)

        def real(self, name: str, low: float, high: float, *, log: bool = False) -> float:
            return self.trial.suggest_float(name, low, high, log=log)

        def choice(self, name: str, options: Any) -> Any:
            return self.trial.suggest_categorical(name, options)

        def flag(self, name: str) -> bool:
            return bool(self.trial.suggest_categorical(name, (False, True)))

    optuna.logging.set_verbosity(optuna.logging.WARNING)
    fixed = ["depth=3", "width=32", "learning_rate=1e-3", "activation=gelu", "batch_size=32", "augment_flip=yes"]
    smaller = narrow(SPACE, ["growth=1,2"], fixed)
    study = optuna.create_study(sampler=optuna.samplers.TPESampler(seed=1, n_startup_trials=3))
    study.enqueue_trial(dict(smaller.first))
    for number in range(8):
        trial = study.ask()
        recipe = smaller.sample(Handle(trial))
        assert recipe == SPACE.recipe(trial.params)
        assert (recipe.depth, recipe.width, recipe.rate, recipe.activation) == (3, 32, 1e-3, "gelu")
        assert recipe.growth in (1.0, 2.0) and recipe.flip is True
        study.tell(trial, number)
