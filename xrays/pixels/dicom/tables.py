"""Tables that a DICOM file maps its values with: the Modality LUT and the VOI LUT.

    table = table_of(tags, "VOILUTSequence", signed=False)      # None where there is none that can be read
    share = table.mapped(values) / table.top

pydicom applies neither one that has 8-bit entries packed one a byte, nor one whose description it cannot unpack.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from xrays.pixels.dicom.tags import items, words

if TYPE_CHECKING:
    from pydicom import Dataset


@dataclass(frozen=True)
class Table:
    """first: the value that the first entry stands for; entries: (n,) int64, not below 0; top: the end of their
    range, which begins at 0."""

    first: int
    entries: NDArray[np.int64]
    top: int

    def mapped(self, values: NDArray[Any]) -> NDArray[np.float64]:
        """Values below the first one get the first entry, those beyond the last one the last entry."""
        # A rescale by 1 and 0 has made floats of whole numbers.
        place = np.clip(np.rint(values) - self.first, 0, len(self.entries) - 1).astype(np.int64)
        return np.asarray(self.entries[place], np.float64)


def table_of(tags: Dataset, keyword: str, *, signed: bool) -> Table | None:
    """Of a sequence's first item. signed: whether the values that it is for may be below 0."""
    for item in items(tags, keyword)[:1]:
        count, first, bits = (words(item, "LUTDescriptor") + (0, 0, 0))[:3]
        count = count or 2**16
        entries = np.array(words(item, "LUTData"), np.int64)
        if len(entries) < count <= 2 * len(entries) + 1 and bits <= 8:  # two to a word
            entries = np.stack([entries & 0xFF, entries >> 8], axis=1).ravel()
        if not 1 <= bits <= 16 or len(entries) < count:
            return None
        entries = entries[:count]
        # Some say 16 bits where their entries end at 4095.
        bits = max(min(bits, int(entries.max()).bit_length()), 1)
        return Table(first - 2**16 if signed and first >= 2**15 else first, entries, 2**bits - 1)
    return None
