"""What narrows no space is refused, with words that say what to type instead."""

from __future__ import annotations

import pytest
from fake_space import SPACE
from hypothesis import given
from hypothesis import strategies as st

from search_spaces._narrow import narrow
from xrays.errors import UserError


def refused(*sets: str, fixes: tuple[str, ...] = ()) -> UserError:
    with pytest.raises(UserError) as caught:
        narrow(SPACE, sets, fixes)
    return caught.value


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
        smaller.recipe(smaller.first)
