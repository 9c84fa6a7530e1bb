"""Which random changes training films go through. Strengths are 0…1, each of its operation's largest change.

    augment = sample_augment(hp)       # AugmentRecipe(rotation=True, rotation_strength=0.4, …)

What the operations do to pixels is in `_augment_layers.py`.
"""

from __future__ import annotations

from dataclasses import dataclass, fields

from search_spaces._space import Hyperparameters, Scalar


@dataclass(frozen=True)
class AugmentRecipe:
    """A flag and a strength an operation. A flip has no strength: the heart is on the wrong side or it is not."""

    flip: bool = False
    rotation: bool = False
    rotation_strength: float = 0.5
    shift: bool = False
    shift_strength: float = 0.5
    zoom: bool = False
    zoom_strength: float = 0.5
    contrast: bool = False
    contrast_strength: float = 0.5


def sample_augment(hp: Hyperparameters) -> AugmentRecipe:
    """Asks for `augment_<operation>` and `augment_<operation>_strength`, always for all of them."""
    return AugmentRecipe(
        flip=hp.flag("augment_flip"),
        rotation=hp.flag("augment_rotation"),
        rotation_strength=hp.real("augment_rotation_strength", 0.1, 1.0),
        shift=hp.flag("augment_shift"),
        shift_strength=hp.real("augment_shift_strength", 0.1, 1.0),
        zoom=hp.flag("augment_zoom"),
        zoom_strength=hp.real("augment_zoom_strength", 0.1, 1.0),
        contrast=hp.flag("augment_contrast"),
        contrast_strength=hp.real("augment_contrast_strength", 0.1, 1.0),
    )


def augment_params(recipe: AugmentRecipe) -> dict[str, Scalar]:
    """The parameters that lead to this recipe: the inverse of `sample_augment`."""
    return {f"augment_{field.name}": getattr(recipe, field.name) for field in fields(recipe)}
