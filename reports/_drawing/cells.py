"""Table cells that tell of a network what it is and what it started from.

[backbone_cell("densenet121", weak=False), weights_cell("best_gender.h5@1a2b3c4d")]
"""

from __future__ import annotations

from reports._drawing.html import Html, Narrow, text
from reports._drawing.numbers import MISSING

WEAK = "its frozen features do not beat the constant predictor"


def backbone_cell(backbone: str, weak: bool) -> Html:
    """A dash for a network without one. weak: an alarm is about it on these weights, and it gets a mark."""
    mark = f' <span class="mark" role="img" aria-label="{WEAK}" title="{WEAK}">!</span>' if weak else ""
    return Html(f"{text(backbone or MISSING, 60)}{mark}")


def weights_cell(weights: str) -> Narrow:
    """A long name breaks before the fingerprint of its file first."""
    return Narrow(text(weights_name(weights), 60).replace("@", "<wbr>@"))


def weights_name(weights: str) -> str:
    """What networks started from, for a reader."""
    return {"": "from scratch", "none": "random (none)", "imagenet": "ImageNet"}.get(weights, weights)
