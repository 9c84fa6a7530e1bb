"""From what a collection lists to what can be used: how many films came in, were left out, and why.

flow(646, arrays.rejected(), arrays.left_out())["came"]           # 700
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pandas as pd


def flow(used: int, rejected: pd.DataFrame, left_out: pd.DataFrame) -> dict[str, Any]:
    """came, used, rejected, left_out: so many films; reasons: kind -> reason -> how often, the most frequent first.
    rejected, left_out: with a column `reason`, see xrays/layout.py."""
    return {
        "came": used + len(rejected) + len(left_out),
        "used": used,
        "rejected": len(rejected),
        "left_out": len(left_out),
        "reasons": {"rejected": _reasons(rejected), "left out": _reasons(left_out)},
    }


def _reasons(table: pd.DataFrame) -> Mapping[str, int]:
    return {str(reason): int(n) for reason, n in table["reason"].value_counts().items()}
