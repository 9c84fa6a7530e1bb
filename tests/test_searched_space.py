"""Which space is really searched: what the user narrows, what films and weights leave out."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from runners._inputs.weights import NO_WEIGHTS
from runners._search.options import SearchOptions
from runners._search.searched_space import backbones, space_and_weights
from search_spaces import load_space
from search_spaces._backbones import BACKBONES
from search_spaces._space import domains
from xrays.errors import UserError

CNN, WHOLE = load_space("cnn"), load_space("transfer")
OPTIONS = SearchOptions("age", Path("data/none"), 5)
TRANSFER = replace(OPTIONS, space="transfer", weights="none")


def test_a_space_without_backbones_takes_no_weights() -> None:
    space, weights = space_and_weights(CNN, OPTIONS, 64, print)
    assert space.name == "cnn" and weights == NO_WEIGHTS and domains(space) == domains(CNN)
    with pytest.raises(UserError, match="--space transfer --weights none"):
        space_and_weights(CNN, replace(OPTIONS, weights="none"), 64, print)


def test_a_backbone_that_needs_larger_films_is_left_out_and_named() -> None:
    told: list[str] = []
    space, weights = space_and_weights(WHOLE, TRANSFER, 64, told.append)
    assert "inceptionv3" not in backbones(space) and len(backbones(space)) == len(BACKBONES) - 1
    assert weights.label == "none"
    assert len(told) == 1 and "inceptionv3" in told[0] and "75 px" in told[0]
    assert "inceptionv3" in backbones(space_and_weights(WHOLE, TRANSFER, 96, print)[0])


def test_films_too_small_for_all_that_was_asked_for() -> None:
    with pytest.raises(UserError, match="--size 75"):
        space_and_weights(WHOLE, replace(TRANSFER, sets=("backbone=inceptionv3",)), 64, print)


def test_the_narrowing_of_the_user_holds_and_the_first_configuration_follows() -> None:
    narrowed = replace(TRANSFER, sets=("backbone=mobilenetv2,inceptionv3",), fixes=("width=128",))
    space, _ = space_and_weights(WHOLE, narrowed, 64, lambda line: None)
    assert backbones(space) == ["mobilenetv2"] and space.first["backbone"] == "mobilenetv2"
    assert space.first["width"] == 128


def test_imagenet_is_the_default(monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[str] = []

    def weights_named(given: str, names: object, say: object) -> object:
        asked.append(given)
        raise UserError("stop", "here", "now")

    monkeypatch.setattr("runners._search.searched_space.weights_named", weights_named)
    with pytest.raises(UserError, match="stop"):
        space_and_weights(WHOLE, replace(TRANSFER, weights=None), 64, lambda line: None)
    assert asked == ["imagenet"]
