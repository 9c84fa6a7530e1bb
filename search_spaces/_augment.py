"""Which random changes training films go through: what is searched over, and the fixed views of frozen backbones.

    augment = sample_augment(hp)       # AugmentRecipe("combined", {"rotation": 0.4, "flip": 1.0})
    augment.active()                   # {"mode": "combined", "flip": True, "rotation": True, "rotation_strength": …}
    VIEWS["standard"].augmented        # 4 changed films beside the film itself

What each operation is stands in `_operations.py`.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace

from search_spaces._hyperparameters import Hyperparameters, Scalar
from search_spaces._operations import OPERATIONS

MODES = ("none", "combined", "one")
WEAKEST, STRONGEST = 0.1, 1.0  # a strength is a share of its operation's largest change
USUAL = 0.5  # the strength of what is off


@dataclass(frozen=True)
class AugmentRecipe:
    """on: the strengths of the operations that are switched on, by their names; 1 for one that has no strength.

    mode: "combined": all of them act on every film, each by an amount drawn uniformly up to its strength, a flip on
    every second film. "one": each film and step draws one of them or none, all equally likely, and the amount as
    above (TrivialAugment, https://arxiv.org/abs/2103.10158). "none": no change.
    """

    mode: str = "none"
    on: Mapping[str, float] = field(default_factory=dict)

    def operations(self) -> dict[str, float]:
        """The operations that act, with their strengths, in the table's order. Empty when films stay as they are."""
        return {name: self.on[name] for name in OPERATIONS if name in self.on and self.mode != "none"}

    def without(self, operation: str) -> AugmentRecipe:
        """The recipe with this operation off."""
        return replace(self, on={name: strength for name, strength in self.on.items() if name != operation})

    def active(self) -> dict[str, Scalar]:
        """What has an effect: the mode, the flags that are on and their strengths."""
        acting: dict[str, Scalar] = {}
        for name, strength in self.operations().items():
            acting[name] = True
            if parameter := OPERATIONS[name].strength:
                acting[parameter] = strength
        return {"mode": self.mode, **acting} if acting else {"mode": "none"}


def recipe_of(mode: str, operations: Iterable[str], strength: float) -> AugmentRecipe:
    """These operations on, all at one strength."""
    return AugmentRecipe(mode, {name: strength if OPERATIONS[name].strength else 1.0 for name in operations})


def sample_augment(hp: Hyperparameters) -> AugmentRecipe:
    """Asks for `augment_mode`, `augment_<operation>` and `augment_<operation>_strength`, always for all of them."""
    mode = hp.choice("augment_mode", MODES)
    on = {}
    for name, row in OPERATIONS.items():
        flag = hp.flag(f"augment_{name}")
        strength = hp.real(f"augment_{row.strength}", WEAKEST, STRONGEST) if row.strength else 1.0
        if flag:
            on[name] = strength
    return AugmentRecipe(mode, on)


def augment_params(recipe: AugmentRecipe) -> dict[str, Scalar]:
    """Parameters that lead to this recipe: `sample_augment` of them is the recipe again."""
    params: dict[str, Scalar] = {"augment_mode": recipe.mode}
    for name, row in OPERATIONS.items():
        params[f"augment_{name}"] = name in recipe.on
        if row.strength:
            params[f"augment_{row.strength}"] = recipe.on.get(name, USUAL)
    return params


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
