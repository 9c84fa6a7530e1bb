"""Whether prepared films are such as a model takes: of its size, made by its steps, or with vectors of its length.

taken = taken_by(card, Path("best_age.h5"), arrays)        # (N, S, S, 1) uint8, or (N, D) float32
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from runners._models.cards import recipe_of, takes_vectors
from xrays.arrays import XrayArrays
from xrays.errors import UserError
from xrays.next_command import command
from xrays.pixels.recipe import PixelRecipe
from xrays.vectors import vectors_of, without_vectors


def taken_by(card: Mapping[str, Any], model: Path, arrays: XrayArrays) -> NDArray[Any]:
    """Raises UserError, with the command that prepares such films, for others."""
    if takes_vectors(card):
        return _vectors(card, model, arrays)
    size, recipe = card["input"]["shape"][0], recipe_of(card)
    made = arrays.meta["preprocessing"]
    if (arrays.size, made) == (size, recipe.record()):
        return arrays.images
    given = "" if made == recipe.record() else f" prepared with {_said(made)}"
    own = "" if made == recipe.record() else f" prepared with {_said(recipe.record())}"
    raise UserError(
        f"{arrays.path} holds films of {arrays.size} px{given}",
        f"what {model.name} was trained on: {size} px{own}",
        _prepared_again(arrays, recipe, size),
    )


def _vectors(card: Mapping[str, Any], model: Path, arrays: XrayArrays) -> NDArray[np.float32]:
    (width,), about = card["input"]["shape"], card["input"]["vectors"]
    maker = about.get("origin") or f"the model of {about.get('file')}"
    accepted = f"vectors of {width} numbers, made by {maker}: {model.name} takes no films"
    again = f"{command('prepare', *without_vectors(arrays.meta['words']), size=arrays.size)} --features VECTORS.npz"
    vectors = vectors_of(arrays)
    if vectors is None:
        raise UserError(f"{arrays.path} holds no vectors of its films", accepted, again)
    if vectors.width != width:
        raise UserError(f"{arrays.path} holds vectors of {vectors.width} numbers", accepted, again)
    if about.get("origin") and vectors.origin and vectors.origin != about["origin"]:
        raise UserError(f"{arrays.path} holds vectors that {vectors.origin} has made", accepted, again)
    return vectors.values


def _said(record: Mapping[str, Any]) -> str:
    """`polarity auto, borders crop`: what a recipe is, without what it is not."""
    return ", ".join(f"{name} {value}" for name, value in record.items())


def _prepared_again(arrays: XrayArrays, recipe: PixelRecipe, size: int) -> str:
    """What prepares the same collection as the model has it."""
    words = without_vectors(arrays.meta["words"])
    try:
        own = PixelRecipe.from_record(arrays.meta["preprocessing"]).words()
    except ValueError:  # of another version, whose words nobody knows
        own = ()
    kept = words[: len(words) - len(own)] if own else words
    out = arrays.path.with_name(f"{arrays.name}-{size}")
    return command("prepare", *kept, *recipe.words(), size=size, out=out)
