"""Films to time a network on where nothing is prepared.

with tempfile.TemporaryDirectory() as folder: arrays = blank_films(Path(folder))
"""

from __future__ import annotations

from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from xrays.arrays import XrayArrays, films_table
from xrays.labels import LABELS, Label
from xrays.seal import VECTORS, write_meta

FILMS, SIZE, WIDTH = 1000, 128, 768  # numbers in a vector, as many as of RAD-DINO


def blank_films(folder: Path) -> XrayArrays:
    """FILMS grey films of SIZE px with labels in turn, and a vector of zeros each, written into the folder, which is
    there and empty."""
    ids = np.arange(FILMS)
    np.save(folder / "images.npy", np.full((FILMS, SIZE, SIZE, 1), 128, np.uint8))
    labels = {name: _in_turn(label, ids) for name, label in LABELS.items()}
    films_table(ids, labels, ids.astype(str), {}).to_csv(folder / "films.csv", index=False)
    np.save(folder / VECTORS, np.zeros((FILMS, WIDTH), np.float32))
    vectors = {"file": "blank", "origin": "", "width": WIDTH, "fingerprint": "blank", "source_sha256": ""}
    about = {"films": "blank", "pixels": "blank", "synthetic": True, "vectors": vectors}
    write_meta(folder, about)
    return XrayArrays.open(folder)


def _in_turn(label: Label, ids: NDArray[np.int64]) -> NDArray[np.float32]:
    """(n,) each class, or a number of each band but the lowest."""
    values = (0.0, 1.0) if label.kind == "binary" else label.edges
    return np.array(values, np.float32)[ids % len(values)]
