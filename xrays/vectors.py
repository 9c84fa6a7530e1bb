"""The vectors that another model has made of the films, kept beside them in a prepared folder.

    keep_vectors(arrays, read_vectors(Path("rad-dino.npz")), "microsoft/rad-dino")
    vectors = vectors_of(XrayArrays.open(folder))       # None where there are none
    vectors.values[3]                                   # (D,) float32, of the film in row 3
    vectors.label                                       # "rad-dino.npz@1a2b3c4d"

meta.json holds where they come from and the hash of vectors.npy; it is written last, so that a folder has all of
them or none. The films stay as they are, and runs on films are as valid as before.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from xrays.arrays import XrayArrays
from xrays.errors import UserError
from xrays.intact import note_whole
from xrays.next_command import command
from xrays.seal import VECTORS, DamagedFilms, digest_of, mapped, write_meta
from xrays.vectors_file import VectorsFile


@dataclass(frozen=True)
class Vectors:
    """values: (N, D) float32, read-only, a row a film; file: name of the one that they were read from; origin: what
    has made them, as the user says, "" for nothing; fingerprint: of the values; source_sha256: of the file."""

    values: NDArray[np.float32]
    file: str
    origin: str
    fingerprint: str
    source_sha256: str

    @property
    def width(self) -> int:
        """Numbers in a vector."""
        return int(self.values.shape[1])

    @property
    def label(self) -> str:
        """For people and for the identity of a run: the file's name, and the beginning of the fingerprint."""
        return f"{self.file}@{self.fingerprint[:8]}"

    def record(self) -> dict[str, Any]:
        """What meta.json and a model's card hold of them."""
        return {
            "file": self.file,
            "origin": self.origin,
            "width": self.width,
            "fingerprint": self.fingerprint,
            "source_sha256": self.source_sha256,
        }


def vectors_of(arrays: XrayArrays) -> Vectors | None:
    """Those that lie beside the films. Raises DamagedFilms for a file that does not fit; its values are not looked
    at, see xrays/intact.py."""
    record = arrays.meta.get("vectors")
    if record is None:
        return None
    values = mapped(arrays.path, VECTORS, arrays.meta)
    if values.dtype != np.float32 or values.shape != (len(arrays.ids), record["width"]):
        what = f"holds {values.dtype} {values.shape}, not {len(arrays.ids)} vectors of {record['width']}"
        raise DamagedFilms(arrays.path, VECTORS, what, arrays.meta)
    return Vectors(values, record["file"], record["origin"], record["fingerprint"], record["source_sha256"])


def keep_vectors(arrays: XrayArrays, given: VectorsFile, origin: str) -> Vectors:
    """Writes those of the films into the prepared folder. Where the same lie there nothing is done. Raises UserError
    for a film without a vector, and where there are others: a run is on the vectors that it began with."""
    rows = given.rows_of(arrays.ids, names_of(arrays.columns))
    values = given.values[rows]
    partial = arrays.path / f".{VECTORS}.partial"
    before = vectors_of(arrays)
    try:
        with partial.open("wb") as file:
            np.save(file, values)
        kept = Vectors(values, given.file.name, origin, digest_of(partial), given.sha256)
        if before is None:
            partial.replace(arrays.path / VECTORS)
            said = ["--features-origin", origin] if origin else []
            words = [*arrays.meta["words"], "--features", str(given.file), *said]
            meta = {**arrays.meta, "words": words, "vectors": kept.record()}
            write_meta(arrays.path, meta)
            note_whole(arrays.path, meta)
            return kept
    finally:
        partial.unlink(missing_ok=True)
    if (before.fingerprint, before.origin) != (kept.fingerprint, kept.origin):
        raise UserError(
            f"{arrays.path} has other vectors: {before.label}{f', {before.origin}' * bool(before.origin)}",
            "one set of vectors in a prepared folder",
            command(
                "prepare",
                *without_vectors(arrays.meta["words"]),
                size=arrays.size,
                features=given.file,
                features_origin=origin,
                out=arrays.path.resolve().with_name(f"{arrays.path.resolve().name}-2"),
            ),
        )
    return before


def names_of(columns: Mapping[str, NDArray[np.str_]]) -> list[str] | None:
    """What the collection calls the films, where that is not their number."""
    return columns["name"].tolist() if "name" in columns else None


def without_vectors(words: list[str]) -> list[str]:
    """What was typed for a folder before vectors came to it."""
    return words[: words.index("--features")] if "--features" in words else words
