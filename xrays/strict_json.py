"""The one place that writes JSON which is kept, so that any reader can read it back.

    as_json({"r2": float("nan")})           # '{"r2": null}'
    numeric(None)                           # nan: what a reader makes of null where the field is a number

JSON has no word for NaN and infinity. Python writes `NaN` and `Infinity` all the same, at which strict readers
(browsers, jq, R) give up the whole file.
"""

from __future__ import annotations

import json
import math
from collections.abc import Mapping
from dataclasses import fields, is_dataclass
from types import NoneType
from typing import Any


def as_json(value: Any, indent: int | None = None) -> str:
    """Mappings, dataclasses, sequences, text, truths and numbers, those of NumPy too; null for what is no finite
    number."""
    return json.dumps(plain(value), indent=indent, allow_nan=False)


def plain(value: Any) -> Any:
    """The same as as_json writes, before it is text."""
    # Nearly all; what is asked below takes as long as all else of writing.
    if type(value) in (str, int, bool, NoneType):
        return value
    if type(value) is float:
        return value if math.isfinite(value) else None
    if is_dataclass(value):
        return {field.name: plain(getattr(value, field.name)) for field in fields(value)}
    if hasattr(value, "item") and not getattr(value, "ndim", 0):
        value = value.item()
    if isinstance(value, Mapping):
        return {key: plain(part) for key, part in value.items()}
    if isinstance(value, (list, tuple)):
        return [plain(part) for part in value]
    return None if isinstance(value, float) and not math.isfinite(value) else value


def numeric(given: float | None) -> float:
    """NaN for null."""
    return math.nan if given is None else given
