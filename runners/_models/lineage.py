"""On which films pretrained weights were trained, as far as the cards of this suite's exports tell.

    arrays.meta["films"] in films_seen(weights)      # True: no fold of these films is new to the weights

Weights from elsewhere have no card, and nothing is known of them.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from runners._pretrained import Weights
from xrays.arrays import XrayArrays

WARNING = (
    "CAUTION  these weights were trained on the films of this search, with this label or another: the scored folds "
    "are not new to them, and scores are optimistic. The hold-out is new to them if --split-seed was the same."
)


def films_seen(weights: Weights) -> set[str]:
    """Fingerprints of the sets of films, those of the weights' own weights included."""
    return {films for file in weights.files.values() for films in _of_card(file.path.with_suffix(".json"))}


def seen_by_a_model(arrays: XrayArrays, weights: Weights) -> list[str]:
    """For the card of a model that was trained on these films from these weights."""
    return sorted({str(arrays.meta["films"])} | films_seen(weights))


def _of_card(card: Any) -> list[str]:
    try:
        found = json.loads(card.read_text())
    except (OSError, ValueError):
        return []
    known = found.get("films_seen") if isinstance(found, Mapping) else None
    return [str(films) for films in known] if isinstance(known, list) else []
