"""A recipe as meta.json and a model's card keep it, and that whoever uses the model does the same."""

from __future__ import annotations

import json
from itertools import product

import pytest

from xrays.pixels.recipe import PLAIN, PixelRecipe
from xrays.strict_json import as_json


def test_every_recipe_is_read_back_as_it_was_written() -> None:
    for polarity, borders, clahe in product(("keep", "auto"), ("crop", "keep"), (False, True)):
        recipe = PixelRecipe(polarity, borders, clahe)  # type: ignore[arg-type]
        assert PixelRecipe.from_record(json.loads(as_json(recipe.record()))) == recipe


@pytest.mark.parametrize("record", [
    None, "grey, pad black, invert, resize area (1)", [], {}, {**PLAIN.record(), "version": 0},
    {**PLAIN.record(), "polarity": "guess"}, {**PLAIN.record(), "more": 1}, {"version": PLAIN.record()["version"]},
])  # fmt: skip
def test_what_this_version_does_not_do_is_refused(record: object) -> None:
    with pytest.raises(ValueError, match=r"the preprocessing .* this version does"):
        PixelRecipe.from_record(record)
