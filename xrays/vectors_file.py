"""Reads what another model has made of films, a vector each: .npy, .npz, .csv or .parquet.

    given = read_vectors(Path("rad-dino.npz"))
    given.values                        # (n, D) float32
    given.rows_of(ids, names)           # (N,) where the vector of each film lies; raises UserError

An id is the number or the name of a film, as `films.csv` has it: 7, "000007" and "000007.png" are one film. A plain
.npy has no ids, so that its rows are those of all films in the order of their numbers. No file is unpickled.
"""

from __future__ import annotations

import zipfile
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from xrays.errors import UserError
from xrays.extras import with_extra
from xrays.next_command import option
from xrays.pixels.film import SUFFIXES
from xrays.seal import digest_of

LONGEST = 65_536  # numbers in a vector: more are a map that was not averaged
ID_COLUMNS = ("imageid", "id", "film", "filmid", "file", "filename", "name", "path", "image")
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
        row_of = dict[str, int]()
        for row, given in enumerate(self.ids):
            if (before := row_of.setdefault(_key(given), row)) != row:
                raise self._wrong(f"has two vectors of one film: {self.ids[before]!r} and {given!r}", "one a film")
        wanted = [[_key(name) for name in names]] if names is not None else []
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
    except (ValueError, OSError, EOFError, zipfile.BadZipFile, OverflowError) as error:
        reason = str(error).splitlines()[0][:200] if str(error) else type(error).__name__
        raise UserError(f"{file} holds no vectors: {reason}", ACCEPTED, retry or _again(file)) from None
    return VectorsFile(file, digest_of(file), ids, values)


Read = tuple[tuple[str, ...] | None, NDArray[np.float32]]


def _npy(file: Path) -> Read:
    # Not np.load, which tells whoever gives it a pickle how to open that.
    return None, _matrix(np.lib.format.open_memmap(file, "r"))


def _npz(file: Path) -> Read:
    """One array of one axis, the ids, and one of two, whatever their names are."""
    arrays = dict[str, NDArray[Any]]()
    with zipfile.ZipFile(file) as opened:
        for name in opened.namelist():
            with opened.open(name) as member:
                arrays[name.removesuffix(".npy")] = np.lib.format.read_array(member, allow_pickle=False)
    by_axes = {axes: [array for array in arrays.values() if array.ndim == axes] for axes in (1, 2)}
    if [len(found) for found in by_axes.values()] != [1, 1]:
        shapes = ", ".join(f"{name} {array.shape}" for name, array in arrays.items())
        raise ValueError(f"it has {shapes or 'nothing'}, not one array of n ids and one of n × D numbers")
    return _with_ids(by_axes[1][0].tolist(), by_axes[2][0])


def _csv(file: Path) -> Read:
    header = pd.read_csv(file, nrows=0)
    column = _id_column([str(name) for name in header.columns])
    return _table(pd.read_csv(file, dtype={column: str}, keep_default_na=True), column)


def _parquet(file: Path) -> Read:
    try:
        table = pd.read_parquet(file)
    except ImportError:
        raise UserError(f"{file}, and no library that reads Parquet", "pyarrow", with_extra("parquet")) from None
    table = table.reset_index() if table.index.name else table
    return _table(table, _id_column([str(name) for name in table.columns]))


def _table(table: pd.DataFrame, column: str) -> Read:
    """The column of ids, and a column a number, or a single one of lists."""
    rest = table.drop(columns=column)
    if len(rest.columns) == 1 and pd.api.types.is_object_dtype(rest.dtypes.iloc[0]):
        return _with_ids(table[column].tolist(), np.array([np.asarray(cell) for cell in rest.iloc[:, 0]]))
    if texts := [str(name) for name, kind in rest.dtypes.items() if not pd.api.types.is_numeric_dtype(kind)]:
        raise ValueError(f"beside the ids in {column} these columns are no numbers: {', '.join(texts[:3])}")
    return _with_ids(table[column].tolist(), rest.to_numpy(np.float64))


def _id_column(names: Sequence[str]) -> str:
    """The first that is called like one; else the first of all."""
    if not names:
        raise ValueError("it has no columns")
    known = (name for name in names if "".join(filter(str.isalnum, name.casefold())) in ID_COLUMNS)
    return next(known, names[0])


def _with_ids(ids: Sequence[Any], values: NDArray[Any]) -> Read:
    if len(ids) != len(values):
        raise ValueError(f"it has {len(ids)} ids and {len(values)} vectors")
    return tuple(map(_text, ids)), _matrix(values)


def _text(value: Any) -> str:
    if isinstance(value, bytes):
        return value.decode()
    if isinstance(value, float) and value.is_integer():
        return str(int(value))
    return str(value).strip()


def _matrix(values: NDArray[Any]) -> NDArray[np.float32]:
    if values.ndim != 2 or 0 in values.shape or values.shape[1] > LONGEST:
        raise ValueError(f"its numbers have the shape {values.shape}: n × D are needed, D at most {LONGEST:,}")
    if values.dtype.kind not in "fiu":
        raise ValueError(f"its numbers are of the kind {values.dtype}")
    with np.errstate(over="ignore"):  # what is too large is told by its film
        return values.astype(np.float32)


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


READERS: Mapping[str, Callable[[Path], Read]] = {".npy": _npy, ".npz": _npz, ".csv": _csv, ".parquet": _parquet}
