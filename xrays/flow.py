"""From what a collection lists to what can be used: how many films came in, were left out, and why.

flow(646, arrays.rejected(), arrays.left_out())["came"]           # 700
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pandas as pd

OTHERS = "other reasons"


def flow(used: int, rejected: pd.DataFrame, left_out: pd.DataFrame, most: int | None = None) -> dict[str, Any]:
    """came, used, rejected, left_out: so many films; reasons: kind -> reason -> how often, the most frequent first.
    rejected, left_out: with a column `reason`, see xrays/layout.py; most: reasons of a kind that are named, the films
    of all others stand under OTHERS, so that the numbers add up."""
    return {
        "came": used + len(rejected) + len(left_out),
        "used": used,
        "rejected": len(rejected),
        "left_out": len(left_out),
        "reasons": {"rejected": _reasons(rejected, most), "left out": _reasons(left_out, most)},
    }


def _reasons(table: pd.DataFrame, most: int | None) -> Mapping[str, int]:
    counted = {str(reason): int(n) for reason, n in table["reason"].value_counts().items()}
    if most is None or len(counted) <= most:
        return counted
    named = {reason: n for reason, n in list(counted.items())[: most - 1] if reason != OTHERS}
    return {**named, OTHERS: len(table) - sum(named.values())}
