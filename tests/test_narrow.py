"""What the texts of `--set` and `--fix` mean, however they are spelled, and how a domain is spelled out."""

from __future__ import annotations

import pytest
from fake_space import SPACE

from search_spaces._domains import spelled
from search_spaces._hyperparameters import Choice, Domain, Integer, Real
from search_spaces._narrow import narrow, narrowing
from search_spaces._space import domains, fingerprint


def after(*sets: str, fixes: tuple[str, ...] = ()) -> dict[str, Domain]:
    """The domains that differ from the whole space's."""
    whole = domains(SPACE)
    return {name: domain for name, domain in domains(narrow(SPACE, sets, fixes)).items() if domain != whole[name]}


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
