"""Narrowing a space: what is accepted, what is refused and how, and that the smaller space is part of the whole."""

from __future__ import annotations

import random
from dataclasses import dataclass
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from search_spaces import load_space, space_names
from search_spaces._domains import nearest, spelled, typed
from search_spaces._hyperparameters import Choice, Domain, Fixed, Hyperparameters, Integer, Real, Scalar
from search_spaces._narrow import narrow, narrowing
from search_spaces._space import Footprint, Space, domains, fingerprint
from xrays.errors import UserError


@dataclass(frozen=True)
class FakeRecipe:
    depth: int
    width: int
    rate: float
    dropout: float
    activation: str
    batch_size: int
    growth: float
    flip: bool


def sample(hp: Hyperparameters) -> FakeRecipe:
    return FakeRecipe(
        depth=hp.integer("depth", 2, 5),
        width=hp.integer("width", 16, 70, step=16),  # 70 is not reached
        rate=hp.real("learning_rate", 2e-4, 1e-2, log=True),
        dropout=hp.real("dropout", 0.0, 0.6),
        activation=hp.choice("activation", ("relu", "swish", "gelu")),
        batch_size=hp.choice("batch_size", (16, 32, 64)),
        growth=hp.choice("growth", (1.0, 1.5, 2.0)),
        flip=hp.flag("augment_flip"),
    )


def _no_network(*_: object) -> Any:
    raise AssertionError("narrowing builds nothing")


SPACE = Space(
    "fake",
    "A space for tests",
    sample,
    _no_network,
    lambda recipe, shape: Footprint(1, 1, 1),
    first={
        "depth": 4,
        "width": 32,
        "learning_rate": 2e-3,
        "dropout": 0.2,
        "activation": "swish",
        "batch_size": 16,
        "growth": 2.0,
        "augment_flip": True,
    },
    label="original",
)


def after(*sets: str, fixes: tuple[str, ...] = ()) -> dict[str, Domain]:
    """The domains that differ from the whole space's."""
    whole = domains(SPACE)
    return {name: domain for name, domain in domains(narrow(SPACE, sets, fixes)).items() if domain != whole[name]}


def refused(*sets: str, fixes: tuple[str, ...] = ()) -> UserError:
    with pytest.raises(UserError) as caught:
        narrow(SPACE, sets, fixes)
    return caught.value


@pytest.mark.parametrize(
    ("text", "domain"),
    [
        ("depth=3..4", Integer(3, 4)),
        (" depth = 3 .. 4 ", Integer(3, 4)),
        ("depth=4,3", Integer(3, 4)),
        ("depth=5", Integer(5, 5)),
        ("width=32..64", Integer(32, 64, step=16)),
        ("width=48,32,64", Integer(32, 64, step=16)),
        ("learning_rate=1e-3..1e-2", Real(1e-3, 1e-2, log=True)),
        ("learning_rate=0.001", Real(1e-3, 1e-3, log=True)),
        ("dropout=0..0.3", Real(0.0, 0.3)),
        ("dropout=-0..0", Real(0.0, 0.0)),
        ("activation=gelu,relu", Choice(("relu", "gelu"))),
        ("activation=relu,relu", Choice(("relu",))),
        ("batch_size=64", Choice((64,))),
        ("growth=1,1.50", Choice((1.0, 1.5))),
        ("augment_flip=false", Choice((False,))),
        ("augment_flip=ON", Choice((True,))),
    ],
)
def test_what_a_text_means(text: str, domain: Domain) -> None:
    name = text.split("=")[0].strip()
    found = after(text)
    assert found == {name: domain}
    assert [type(value) for value in vars(found[name]).values()] == [type(value) for value in vars(domain).values()]


@pytest.mark.parametrize("text", ["depth=2..5", "width=16..64", "activation=gelu,swish,relu", "augment_flip=no,yes"])
def test_the_whole_domain_narrows_nothing(text: str) -> None:
    smaller = narrow(SPACE, [text], [])
    assert narrowing(SPACE, smaller) == ()
    assert fingerprint(smaller) == fingerprint(SPACE)


@pytest.mark.parametrize(
    ("text", "given", "accepted", "remedy"),
    [
        ("depht=3", "names no parameter of the space fake", "depth, width, learning_rate", "--set depth=2..5"),
        ("Learning-Rate=1e-3", "names no parameter", "growth", "--set learning_rate=0.0002..0.01"),
        ("DEPTH=3", "names no parameter", "depth", "--set depth=2..5"),
        ("qqq=3", "names no parameter", "depth", "python cli.py spaces fake"),
        ("=3", "names no parameter", "depth", "python cli.py spaces fake"),
        ("", "has no =", "NAME=VALUE", "python cli.py spaces fake"),
        ("depth:3..4", "has no =", "depth", "--set depth=2..5"),
        ("depth", "has no =", "depth", "--set depth=2..5"),
        ("depth=", "has no value", "depth: 2..5", "--set depth=2..5"),
        ("depth=1..4", "goes beyond", "depth: 2..5", "--set depth=2..4"),
        ("depth=4..9", "goes beyond", "depth: 2..5", "--set depth=4..5"),
        ("depth=7..9", "goes beyond", "depth: 2..5", "--set depth=5"),
        ("depth=" + "9" * 400, "goes beyond", "depth: 2..5", "--set depth=5"),
        ("depth=" + "9" * 5000, "is no range of whole numbers", "depth: 2..5", "--set depth=2..5"),
        ("depth=4..3", "runs backwards", "depth: 2..5", "--set depth=3..4"),
        ("depth=2,4", "leaves a gap", "depth: 2..5", "--set depth=2..4"),
        ("depth=3.5", "is no range of whole numbers", "depth: 2..5", "--set depth=2..5"),
        ("depth=3..", "is no range", "depth: 2..5", "--set depth=2..5"),
        ("depth=2..3..4", "is no range", "depth: 2..5", "--set depth=2..5"),
        ("depth=3-4", "is no range", "depth: 2..5", "--set depth=2..5"),
        ("width=20..64", "is off the steps", "width: 16..64 (step 16)", "--set width=16..64"),
        ("width=16,48", "leaves a gap", "(step 16)", "--set width=16..48"),
        ("width=16..70", "goes beyond", "(step 16)", "--set width=16..64"),
        ("learning_rate=1e-5..1e-3", "goes beyond", "0.0002..0.01 (log)", "--set learning_rate=0.0002..0.001"),
        ("dropout=nan..0.3", "is no range of numbers", "dropout: 0..0.6", "--set dropout=0..0.6"),
        ("dropout=0..inf", "is no range of numbers", "dropout: 0..0.6", "--set dropout=0..0.6"),
        ("dropout=0..1e999", "is no range of numbers", "dropout: 0..0.6", "--set dropout=0..0.6"),
        ("dropout=0.1,0.2", "leaves a gap", "dropout: 0..0.6", "--set dropout=0.1..0.2"),
        ("batch_size=16..64", "is a range", "16, 32, 64", "--set batch_size=16,32,64"),
        ("batch_size=32.0", "asks for '32.0'", "16, 32, 64", "--set batch_size=32"),
        ("batch_size=48", "asks for '48'", "16, 32, 64", "--set batch_size=16,32,64"),
        ("activation=relu,swich", "asks for 'swich'", "relu, swish, gelu", "--set activation=relu,swish"),
        ("activation=relu,", "asks for ''", "relu, swish, gelu", "--set activation=relu"),
        ("activation=tanh", "asks for 'tanh'", "relu, swish, gelu", "--set activation=relu,swish,gelu"),
        ("augment_flip=2", "asks for '2'", "false, true", "--set augment_flip=false,true"),
    ],
)
def test_what_is_wrong_is_said_with_what_to_type(text: str, given: str, accepted: str, remedy: str) -> None:
    error = refused(text)
    assert error.given.startswith("--set ") and given in error.given
    assert accepted in error.accepted
    assert error.remedy == remedy


@pytest.mark.parametrize(
    ("text", "given", "accepted", "remedy"),
    [
        ("depth=3..4", "fixes several values", "one value of depth: 2..5", "--fix depth=3"),
        ("depth=9", "goes beyond", "one value of depth: 2..5", "--fix depth=5"),
        ("dropout=0.1..0.2", "fixes several values", "one value of dropout: 0..0.6", "--fix dropout=0.1"),
        ("batch_size=64,32", "fixes several values", "one value of batch_size: 16, 32, 64", "--fix batch_size=64"),
        ("activation=relu,swich", "asks for 'swich'", "one value of activation", "--fix activation=swish"),
        ("activation=tanh", "asks for 'tanh'", "one value of activation", "--fix activation=swish"),
        ("batchsize=32", "names no parameter", "batch_size", "--fix batch_size=16"),
    ],
)
def test_a_fix_takes_one_value(text: str, given: str, accepted: str, remedy: str) -> None:
    error = refused(fixes=(text,))
    assert error.given.startswith("--fix ") and given in error.given
    assert accepted in error.accepted
    assert error.remedy == remedy


def test_a_parameter_is_narrowed_once() -> None:
    for error in (refused("depth=3", "depth=3"), refused("depth=3", fixes=("depth=3",))):
        assert "another word on depth" in error.given
    with pytest.raises(UserError):
        narrow(SPACE, [], ["depth=3", "depth=4"])


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
    smaller.sample(Fixed(smaller.first))


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
    ("one", "other"),
    [
        ((["depth=3..4"], []), ([" depth = 4, 3"], [])),
        ((["depth=3", "dropout=0.2"], []), ([], ["dropout=.20", "depth=3"])),
        ((["learning_rate=1e-3..0.01"], []), (["learning_rate=0.001..1e-2"], [])),
        ((["activation=relu,gelu", "depth=3..4"], []), (["depth=3..4", "activation=gelu, relu"], [])),
        ((["augment_flip=yes"], []), ([], ["augment_flip=true"])),
        ((["dropout=-0"], []), (["dropout=0..0e3"], [])),
    ],
)
def test_spellings_of_one_narrowing_are_one(
    one: tuple[list[str], list[str]], other: tuple[list[str], list[str]]
) -> None:
    first, second = narrow(SPACE, *one), narrow(SPACE, *other)
    assert narrowing(SPACE, first) == narrowing(SPACE, second) != ()
    assert fingerprint(first) == fingerprint(second)


def test_a_narrowing_is_listed_in_the_order_of_the_space() -> None:
    smaller = narrow(SPACE, ["activation=relu, gelu", "learning_rate=1e-3..5e-3"], ["depth=3", "augment_flip=on"])
    assert narrowing(SPACE, smaller) == (
        "depth=3",
        "learning_rate=0.001..0.005",
        "activation=relu,gelu",
        "augment_flip=true",
    )


@pytest.mark.parametrize(
    ("domain", "text"),
    [
        (Integer(2, 5), "2..5"),
        (Integer(3, 3), "3"),
        (Integer(16, 70, step=16), "16..64 (step 16)"),
        (Integer(16, 16, step=16), "16"),
        (Integer(8, 256, log=True), "8..256 (log)"),
        (Real(2e-4, 1e-2, log=True), "0.0002..0.01 (log)"),
        (Real(1e-6, 1e-6, log=True), "1e-6"),
        (Real(-1.0, 1e20), "-1..1e20"),
        (Choice(("relu", "swish")), "relu, swish"),
        (Choice((1.0, 1.5)), "1, 1.5"),
        (Choice((False, True)), "false, true"),
    ],
)
def test_a_domain_in_words(domain: Domain, text: str) -> None:
    assert spelled(domain) == text


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
        assert typed(domain) == typed(parts[name][1] if name in parts else whole[name])
    smaller.sample(Fixed(smaller.first))
    assert smaller.label == (space.label if smaller.first == space.first else "default")
    params = drawn(smaller, random.Random(seed))
    assert smaller.sample(Fixed(params)) == space.sample(Fixed(params))
    again = narrow(space, narrowing(space, smaller), [])
    assert domains(again) == left and fingerprint(again) == fingerprint(smaller)


@given(st.data())
def test_a_narrowed_space_can_be_narrowed(data: st.DataObject) -> None:
    smaller = narrow(SPACE, [text for text, _ in data.draw(narrowings(SPACE)).values()], [])
    smallest = narrow(smaller, [text for text, _ in data.draw(narrowings(smaller)).values()], [])
    params = drawn(smallest, random.Random(0))
    assert smallest.sample(Fixed(params)) == smaller.sample(Fixed(params)) == SPACE.sample(Fixed(params))
    assert domains(narrow(SPACE, narrowing(SPACE, smallest), [])) == domains(smallest)


_VALUES = st.one_of(
    st.text(max_size=12),
    st.text(alphabet="0123456789.,-e ", max_size=12),
    st.lists(
        st.sampled_from(["relu", "swish", "32", "0.1", "3", "..", ",", "nan", "-inf", "true", "²"]), max_size=5
    ).map("".join),
)
_TEXTS = st.one_of(st.text(max_size=30), st.tuples(st.sampled_from(list(SPACE.first)), _VALUES).map("=".join))


@given(st.lists(_TEXTS, max_size=3), st.lists(_TEXTS, max_size=2))
def test_any_text_narrows_or_is_refused_with_words_that_work(sets: list[str], fixes: list[str]) -> None:
    try:
        smaller = narrow(SPACE, sets, fixes)
    except UserError as error:
        assert error.given and error.accepted and error.remedy
        option, _, text = error.remedy.partition(" ")
        if option != "python":
            narrow(SPACE, *(([text], []) if option == "--set" else ([], [text])))
    else:
        smaller.sample(Fixed(smaller.first))


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
        assert recipe == SPACE.sample(Fixed(trial.params))
        assert (recipe.depth, recipe.width, recipe.rate, recipe.activation) == (3, 32, 1e-3, "gelu")
        assert recipe.growth in (1.0, 2.0) and recipe.flip is True
        study.tell(trial, number)
