"""The arms of an ablation: what is compared with the winner, and that nothing else differs."""

from __future__ import annotations

from typing import Any

import pytest
from run_folders import experiment, trial

from runners._ablation.arms import USUAL, Pair, all_arms, space_of_arms
from search_spaces import load_space
from search_spaces._hyperparameters import Scalar
from search_spaces._operations import OPERATIONS
from trials.records import TrialResult
from xrays.tasks import TASKS

CNN, TRANSFER = load_space("cnn"), load_space("transfer")
ROTATED = {"augment_mode": "combined", "augment_rotation": True, "augment_rotation_strength": 0.3}


def winner(space: Any = CNN, **params: Scalar) -> TrialResult:
    return trial(5, [9.0, 9.1, 9.2], params={**space.first, **params})


def arms(space: Any = CNN, **params: Scalar) -> list[Pair]:
    return all_arms(space, TASKS["age"], winner(space, **params))


def names(pairs: list[Pair]) -> list[str]:
    return [arm.name for arm, _ in pairs]


def acting(pair: Pair) -> dict[str, float]:
    return dict(CNN.recipe(pair[1].params).augment.operations())


def test_each_operation_is_taken_out_and_left_alone() -> None:
    pairs = arms(**ROTATED, augment_zoom=True, augment_zoom_strength=0.8, augment_shift_strength=0.9)
    by_name = {arm.name: (arm, own) for arm, own in pairs}
    alone = [f"{name} alone" for name in OPERATIONS]
    assert names(pairs) == ["as found", "all off", "without rotation", "without zoom", *alone]
    assert acting(by_name["as found"]) == {"rotation": 0.3, "zoom": 0.8}
    assert acting(by_name["all off"]) == {}
    assert acting(by_name["without rotation"]) == {"zoom": 0.8}
    assert acting(by_name["rotation alone"]) == {"rotation": 0.3}
    # Off in the winner: the space's strength, not the one that was drawn and never used.
    assert acting(by_name["shift alone"]) == {"shift": 0.5}
    assert all(dict(arm.operations) == acting((arm, own)) for arm, own in pairs)


def test_arms_differ_in_augmentation_alone_and_share_their_seeds() -> None:
    pairs = arms(**ROTATED, depth=3, learning_rate=0.004)
    others = [{name: value for name, value in own.recipe.items() if name != "augment"} for _, own in pairs]
    assert all(each == others[0] for each in others)
    assert {(own.number, own.max_epochs) for _, own in pairs} == {(0, 4)}


def test_one_of_several_operations_a_film_stays_that() -> None:
    pairs = arms(**{**ROTATED, "augment_mode": "one"}, augment_noise=True)
    assert all(own.params["augment_mode"] == "one" for arm, own in pairs if arm.kind in ("alone", "without"))


def test_the_only_operation_taken_out_is_all_off() -> None:
    pairs = arms(**ROTATED)
    found = {arm.name: arm.configuration for arm, _ in pairs}
    assert found["without rotation"] == found["all off"] != found["as found"]
    assert "rotation alone" not in found


def test_a_winner_without_augmentation_is_compared_with_the_usual_kinds() -> None:
    pairs = arms(augment_rotation=True)  # a flag without a mode has no effect
    assert names(pairs)[:2] == ["as found", "usual on"] and len(pairs) == 2 + len(OPERATIONS)
    assert acting(pairs[1]) == dict.fromkeys(USUAL, 0.5)


@pytest.mark.parametrize(("views", "second"), [("standard", "all off"), ("none", "usual on")])
def test_a_frozen_backbone_has_its_views_alone(views: str, second: str) -> None:
    pairs = arms(TRANSFER, **ROTATED, views=views, unfreeze=0.0)
    assert names(pairs) == ["as found", second]
    assert {own.params["views"] for _, own in pairs} == {"none", "standard"}
    assert all(not arm.operations for arm, _ in pairs)


def test_fine_tuning_has_both() -> None:
    pairs = arms(TRANSFER, **ROTATED, views="standard", unfreeze=0.3)
    assert {arm.name: own.params["views"] for arm, own in pairs[:3]} == {
        "as found": "standard", "all off": "none", "without rotation": "standard",
    }  # fmt: skip


def test_what_a_search_was_narrowed_to_is_turned_off_all_the_same() -> None:
    narrowing = ("augment_mode=combined,one", "augment_rotation=true", "augment_zoom_strength=0.8")
    space = space_of_arms(experiment(narrowing=narrowing))
    pairs = all_arms(space, TASKS["age"], winner(space, augment_rotation_strength=0.3))
    by_name = {arm.name: acting((arm, own)) for arm, own in pairs}
    assert by_name["all off"] == {} and by_name["as found"] == {"rotation": 0.3}
    assert by_name["zoom alone"] == {"zoom": 0.8}, "the strength is that of the search's first configuration"
