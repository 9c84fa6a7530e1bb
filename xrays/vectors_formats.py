"""The formats in which vectors of films come: what each holds, ids and numbers, without a look at what these mean.

    ids, values = READERS[".npz"](Path("rad-dino.npz"))       # n texts or None, (n, D) float32

A file may be a stranger's: nothing in it is unpickled. What a reader raises for one that is damaged is of any kind.
"""

from __future__ import annotations

import warnings
import zipfile
from collections.abc import Callable, Mapping, Sequence
from itertools import chain, islice
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from xrays.errors import UserError
from xrays.extras import with_extra

LONGEST = 65_536  # numbers in a vector: more are a map that was not averaged
SEPARATORS = ",;\t"
ID_COLUMNS = ("imageid", "id", "film", "filmid", "file", "filename", "name", "path", "image")

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
    separator, decimal = _marks(file)
    header = pd.read_csv(file, sep=separator, nrows=0, index_col=False)
    column = _id_column([str(name) for name in header.columns])
    with warnings.catch_warnings(action="error", category=pd.errors.ParserWarning):  # rows longer than the header
        # Without index_col=False such rows would move every column by one, that of the ids, too.
        table = pd.read_csv(file, sep=separator, decimal=decimal, dtype={column: str}, index_col=False)
        return _table(table, column)


def _marks(file: Path) -> tuple[str, str]:
    """What stands between cells, and in a number: a spreadsheet writes 7;0,5 in half of Europe."""
    with file.open(errors="replace") as lines:
        first, second = islice(chain((line for line in lines if line.strip()), ("", "")), 2)
    separator = max(SEPARATORS, key=first.count)
    return separator, "," if separator != "," and "," in second else "."


def _parquet(file: Path) -> Read:
    try:
        table = pd.read_parquet(file, engine="pyarrow")
    except ImportError:
        raise UserError(f"{file}, and no library that reads Parquet", "pyarrow", with_extra("parquet")) from None
    if table.index.name or not isinstance(table.index, pd.RangeIndex):  # pandas writes an index as one
        table = table.reset_index()
    return _table(table, _id_column([str(name) for name in table.columns]))


def _table(table: pd.DataFrame, column: str) -> Read:
    """The column of ids, and a column a number, or a single one of lists."""
    if without := int(table[column].isna().sum()):
        raise ValueError(f"{without} of its {len(table)} rows have nothing in {column}, the column of ids")
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


READERS: Mapping[str, Callable[[Path], Read]] = {".npy": _npy, ".npz": _npz, ".csv": _csv, ".parquet": _parquet}
