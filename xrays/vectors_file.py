"""Reads what another model has made of films, a vector each: .npy, .npz, .csv or .parquet.

    given = read_vectors(Path("rad-dino.npz"))
    given.values                        # (n, D) float32
    given.rows_of(ids, names)           # (N,) where the vector of each film lies; raises UserError

An id is the number or the name of a film, as `films.csv` has it: 7, "000007" and "000007.png" are one film. Folders
of a path count only where films of several have one name. A plain .npy has no ids, so that its rows are those of all
films in the order of their numbers. The formats are read in vectors_formats.py.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from xrays.errors import UserError
from xrays.next_command import option
from xrays.pixels.film import SUFFIXES
from xrays.seal import digest_of
from xrays.vectors_formats import READERS

ACCEPTED = "a vector a film, of the same length: .npy, .npz (ids and vectors), .csv or .parquet (a column of ids)"


@dataclass(frozen=True)
class VectorsFile:
    """file: as given; sha256: of it. ids: n, as the file has them, None for a plain .npy; values: (n, D) float32, not
    looked at yet."""

    file: Path
    sha256: str
    ids: tuple[str, ...] | None
    values: NDArray[np.float32]

    def rows_of(self, ids: NDArray[np.int64], names: Sequence[str] | None = None) -> NDArray[np.intp]:
        """(N,) the row of `values` that belongs to each film. ids: (N,), ascending; names: N, where films have them.
        Raises UserError for a film that has no vector, or two, and for a vector that is not finite."""
        if self.ids is None and len(self.values) != len(ids):
            raise self._wrong(
                f"holds {len(self.values)} vectors without ids for {len(ids)} films",
                f"{len(ids)} rows in the order of imageId in films.csv, or a .npz with ids",
            )
        rows = self.places(ids, names)
        if missing := ids[rows < 0].tolist():
            raise self._wrong(
                f"has no vector of {len(missing)} of {len(ids)} films ({_listed(missing)})",
                "a vector of every film, so that all spaces are scored on the same ones",
            )
        if odd := ids[~np.isfinite(self.values[rows]).all(axis=1)].tolist():
            raise self._wrong(
                f"has vectors with NaN or infinity, of {len(odd)} films ({_listed(odd)})", "finite numbers"
            )
        return rows

    def places(self, ids: NDArray[np.int64], names: Sequence[str] | None = None) -> NDArray[np.intp]:
        """As `rows_of`, -1 for a film without a vector. Raises UserError where no film has one."""
        if self.ids is None:
            return np.arange(len(ids))
        # Where films of several folders have one name, as view1.jpg of every patient, their paths tell them apart.
        last = [_key(name) for name in names or ()]
        spelling = _key if len(set(last)) == len(last) else _whole
        row_of = dict[str, int]()
        for row, given in enumerate(self.ids):
            if (before := row_of.setdefault(spelling(given), row)) != row:
                raise self._wrong(f"has two vectors of one film: {self.ids[before]!r} and {given!r}", "one a film")
        wanted = [[spelling(name) for name in names]] if names is not None else []
        wanted.append([str(number) for number in ids.tolist()])
        # By their names, if any film has such a one.
        keys = next((one for one in wanted if not row_of.keys().isdisjoint(one)), None)
        if keys is None:
            films = ", ".join(wanted[0][:3])
            raise self._wrong(
                f"has ids like {', '.join(self.ids[:3])}; these films have {films}, …", "ids of the films"
            )
        return np.array([row_of.get(key, -1) for key in keys])

    def _wrong(self, what: str, accepted: str) -> UserError:
        return UserError(f"{self.file} {what}", accepted, f"mend it, then the same command with {_again(self.file)}")


def read_vectors(file: Path, retry: str | None = None) -> VectorsFile:
    """retry: what to type with a better file, by default the option of `prepare`. Raises UserError for a file that is
    none, of another kind, or no table of vectors."""
    reader = READERS.get(file.suffix.lower())
    if reader is None or not file.is_file():
        what = f"{file} is no file" if reader else f"{file} is of no known kind"
        raise UserError(what, ACCEPTED, retry or option("features", "vectors.npz"))
    try:
        ids, values = reader(file)
    except UserError:
        raise
    except Exception as error:  # NumPy, pandas, zip, zlib and Arrow raise a dozen kinds for what they cannot read
        reason = str(error).splitlines()[0][:200] if str(error) else type(error).__name__
        raise UserError(f"{file} holds no vectors: {reason}", ACCEPTED, retry or _again(file)) from None
    return VectorsFile(file, digest_of(file), ids, values)


def _whole(text: str) -> str:
    """As `_key`, with the folders of the path."""
    path = text.replace("\\", "/").removeprefix("./")
    return path[: path.rfind("/") + 1] + _key(path)


def _key(text: str) -> str:
    """What two spellings of one film share: the last part of a path, without the ending of a film and leading
    zeros."""
    name = text.replace("\\", "/").rsplit("/", 1)[-1]
    ending = next((each for each in (*SUFFIXES, ".dcm") if name.lower().endswith(each)), "")
    stem = name[: len(name) - len(ending)]
    return stem.lstrip("0") or "0" if stem.isascii() and stem.isdecimal() else stem


def _listed(films: Sequence[int]) -> str:
    """The first of them."""
    return f"imageId {', '.join(map(str, films[:5]))}{', …' * (len(films) > 5)}"


def _again(file: Path) -> str:
    return option("features", file)
