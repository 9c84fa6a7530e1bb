"""What a source knows of its films before a single one is decoded: a Layout, which `prepare` decodes.

    layout = layout_of("spr", order)        # xrays/sources
    layout.ids, layout.paths, layout.groups, layout.labels["age"]       # of each film that can be used
    layout.rejected                                                     # table: imageId, file, reason

Films may lie anywhere: nothing is copied or linked for it.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from xrays.label_values import Labels
from xrays.labels import LABELS, RESERVED

REJECTED_COLUMNS = ("imageId", "file", "reason")


def rejected_table(rows: Iterable[tuple[object, object, str]] = ()) -> pd.DataFrame:
    """What cannot be used: id, file ("" where there is none) and reason of each."""
    return pd.DataFrame([tuple(map(str, row)) for row in rows], columns=list(REJECTED_COLUMNS), dtype=object)


@dataclass(frozen=True, kw_only=True)
class Layout:
    """n films that can be used, and what cannot be, with the reason.

    name: of a prepared folder of these films, without its size. words: what is typed after `prepare` to have them
    again. place: where they lie, for messages. ids: (n,) int64, ascending, each once. paths: n files. labels: name ->
    (n,) float32, NaN where unknown; only those that the source has. groups: (n,) str, one patient each
    (xrays/patients.py). columns: name -> (n,) str, "" where unknown: what else is known of the films, such as view or
    follow_up; kept in films.csv. rejected: what is broken, see rejected_table. left_out: of the same form, what is
    whole and not wanted, or a label without a film: few different reasons, each of which is counted, and no number of
    them is too many. about: what is kept in meta.json, of the source's own kind. synthetic: drawn by a computer.
    """

    name: str
    words: tuple[str, ...]
    place: Path
    ids: NDArray[np.int64]
    paths: Sequence[str]
    labels: Labels
    groups: NDArray[np.str_]
    columns: Mapping[str, NDArray[np.str_]] = field(default_factory=dict)
    rejected: pd.DataFrame = field(default_factory=rejected_table)
    left_out: pd.DataFrame = field(default_factory=rejected_table)
    about: Mapping[str, Any] = field(default_factory=dict)
    synthetic: bool = False

    def __post_init__(self) -> None:
        """Raises ValueError for what no source may return: it would be found much later, in other words."""
        count = len(self.ids)
        if self.ids.dtype != np.int64 or (np.diff(self.ids) <= 0).any():
            raise ValueError(f"{self.name}: ids are int64, ascending, each once")
        lengths = {len(self.paths), len(self.groups)}
        lengths |= {len(values) for values in (*self.labels.values(), *self.columns.values())}
        if lengths != {count}:
            raise ValueError(f"{self.name}: paths, groups, labels and columns are not those of {count} films")
        if odd := [name for name in self.columns if not name.isidentifier() or name in (*RESERVED, *LABELS)]:
            raise ValueError(f"{self.name}: {odd[0]!r} cannot be the name of a column")
        if odd := [name for name, values in self.labels.items() if name not in LABELS or values.dtype != np.float32]:
            raise ValueError(f"{self.name}: {odd[0]} is no label of xrays/labels.py, or not float32")
