"""Which random changes training films go through: what is searched over, and the fixed views of frozen backbones.

    augment = sample_augment(hp)       # AugmentRecipe(mode="combined", rotation=True, rotation_strength=0.4, …)
    augment.active()                   # {"mode": "combined", "rotation": True, "rotation_strength": 0.4}
    VIEWS["standard"].augmented        # 4 changed films beside the film itself

What the operations do to pixels is in `_augment_layers.py`.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields
from typing import Any

from search_spaces._hyperparameters import Hyperparameters, Scalar

MODES = ("none", "combined", "one")
WEAKEST, STRONGEST = 0.1, 1.0  # a strength is a share of its operation's largest change


@dataclass(frozen=True)
class AugmentRecipe:
    """A flag and a strength an operation. A flip has no strength: the heart is on the wrong side or it is not.

    mode: "combined": all operations whose flag is on act on every film, each by an amount drawn uniformly up to its
    strength, a flip on every second film. "one": each film and step draws one of these operations or none, all
    equally likely, and the amount as above (TrivialAugment, https://arxiv.org/abs/2103.10158). "none": no change.
    """

    mode: str = "none"
    flip: bool = False
    rotation: bool = False
    rotation_strength: float = 0.5
    shift: bool = False
    shift_strength: float = 0.5
    zoom: bool = False
    zoom_strength: float = 0.5
    contrast: bool = False
    contrast_strength: float = 0.5
    brightness: bool = False
    brightness_strength: float = 0.5
    gamma: bool = False
    gamma_strength: float = 0.5
    noise: bool = False
    noise_strength: float = 0.5
    erasing: bool = False
    erasing_strength: float = 0.5

    def operations(self) -> dict[str, float]:
        """The operations that act, with their strengths; a flip's is 1. Empty when films stay as they are."""
        on = [name for name in OPERATIONS if getattr(self, name)] if self.mode != "none" else []
        return {name: getattr(self, STRENGTHS[name]) if name in STRENGTHS else 1.0 for name in on}

    def active(self) -> dict[str, Scalar]:
        """What has an effect: the mode, the flags that are on and their strengths."""
        on = self.operations()
        if not on:
            return {"mode": "none"}
        names = {"mode", *on, *(STRENGTHS[name] for name in on if name in STRENGTHS)}
        return {name: getattr(self, name) for name in _FIELDS if name in names}


_FIELDS = tuple(field.name for field in fields(AugmentRecipe))
OPERATIONS = tuple(name for name in _FIELDS if name != "mode" and not name.endswith("_strength"))
STRENGTHS: Mapping[str, str] = {name: f"{name}_strength" for name in OPERATIONS if f"{name}_strength" in _FIELDS}


def recipe_of(mode: str, operations: Sequence[str], strength: float) -> AugmentRecipe:
    """These operations on, all at one strength."""
    strengths = {STRENGTHS[name]: strength for name in operations if name in STRENGTHS}
    values: dict[str, Any] = {**dict.fromkeys(operations, True), **strengths}
    return AugmentRecipe(mode, **values)


def sample_augment(hp: Hyperparameters) -> AugmentRecipe:
    """Asks for `augment_mode`, `augment_<operation>` and `augment_<operation>_strength`, always for all of them."""
    values: dict[str, Any] = {"mode": hp.choice("augment_mode", MODES)}
    for name in OPERATIONS:
        values[name] = hp.flag(f"augment_{name}")
        if name in STRENGTHS:
            values[STRENGTHS[name]] = hp.real(f"augment_{STRENGTHS[name]}", WEAKEST, STRONGEST)
    return AugmentRecipe(**values)


def augment_params(recipe: AugmentRecipe) -> dict[str, Scalar]:
    """The parameters that lead to this recipe: the inverse of `sample_augment`."""
    return {f"augment_{name}": getattr(recipe, name) for name in _FIELDS}


@dataclass(frozen=True)
class ViewPolicy:
    """Of which views of a film a frozen backbone's features are kept: the film itself and `augmented` changed ones.
    Fixed and named, because it is part of a cache's key."""

    augmented: int
    augment: AugmentRecipe


# Fixed and named, not searched over: a policy is part of the key under which features are kept, and every further one
# costs a pass of all films through the backbone. What a name stands for never changes: another policy, another name.
VIEWS: Mapping[str, ViewPolicy] = {
    "none": ViewPolicy(0, AugmentRecipe()),
    "standard": ViewPolicy(
        4, recipe_of("combined", ("rotation", "shift", "zoom", "contrast", "brightness"), strength=0.3)
    ),
}
