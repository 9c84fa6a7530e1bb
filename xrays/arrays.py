"""Prepared films: written once by `prepare`, opened read-only by everyone else.

    arrays = XrayArrays.open(Path("data/nih64"))
    arrays.images[3]          # (64, 64, 1) uint8, grey and inverted, straight from the memory map
    arrays.labels["age"]      # (N,) float32, NaN where unknown
    arrays.targets(TASKS["age"])

A folder holds images.npy, films.csv, facts.csv, rejected.csv, left_out.csv, fingerprints.npy and meta.json, which is
written last.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from io import BytesIO
from pathlib import Path
from typing import Any, Self

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from xrays.errors import UserError
from xrays.label_values import Labels, coded, decoded, targets_of
from xrays.labels import LABELS
from xrays.next_command import command, option
from xrays.seal import FACTS, FILMS, IMAGES, LEFT_OUT, PRINTS, REJECTED, DamagedFilms, mapped, read_file, read_meta
from xrays.strict_json import as_json
from xrays.tasks import Task


@dataclass(frozen=True)
class XrayArrays:
    """N films at S×S. images: (N, S, S, 1) uint8; labels: name -> (N,) float32, see xrays/labels.py; ids: (N,) int64,
    ascending; groups: (N,) str, one patient each; meta: what meta.json holds; columns: name -> (N,) str, what else is
    known of the films, see xrays/layout.py."""

    path: Path
    images: NDArray[np.uint8]
    labels: Labels
    ids: NDArray[np.int64]
    groups: NDArray[np.str_]
    meta: Mapping[str, Any]
    columns: Mapping[str, NDArray[np.str_]] = field(default_factory=dict)

    @classmethod
    def open(cls, path: Path) -> Self:
        """Raises UserError when the folder holds no prepared films, or damaged ones; pixels are not looked at, see
        xrays/intact.py."""
        meta = read_meta(path)
        names = meta.get("columns", ())
        films = pd.read_csv(
            BytesIO(read_file(path, meta, FILMS)),
            dtype=dict.fromkeys(("group", *names), str),
            keep_default_na=False,  # "NA" may be a view, and is no missing text
            na_values=dict.fromkeys(LABELS, ""),
        )
        return cls(
            path,
            _images(path, meta, len(films)),
            decoded(films),
            films.imageId.to_numpy(np.int64),
            films.group.to_numpy(np.str_),
            meta,
            {name: films[name].to_numpy(np.str_) for name in names},
        )

    @property
    def name(self) -> str:
        """The folder's own name, as runs on these films have it in theirs."""
        return self.path.resolve().name

    @property
    def size(self) -> int:
        """Pixels a side."""
        return int(self.images.shape[1])

    @property
    def synthetic(self) -> bool:
        """Whether the films were drawn by a computer."""
        return bool(self.meta["synthetic"])

    @property
    def pixels(self) -> str:
        """Fingerprint of films, preprocessing and pixel values."""
        return str(self.meta["pixels"])

    def fingerprints(self) -> NDArray[np.uint64]:
        """(N,) of every film by itself, see xrays.pixels.prints. Raises UserError."""
        prints: NDArray[np.uint64] = np.load(BytesIO(read_file(self.path, self.meta, PRINTS)))
        return prints

    def facts(self) -> pd.DataFrame:
        """What was noted of every film while it was decoded (xrays/pixels/facts.py), one row each: imageId, a column
        a fact, notes, and same_as, the imageId of the first film that is the same picture. Raises UserError."""
        kept = BytesIO(read_file(self.path, self.meta, FACTS))
        return pd.read_csv(kept, dtype={"hash": str, "whole": str, "notes": str}, keep_default_na=False)

    def rejected(self) -> pd.DataFrame:
        """What could not be used, see xrays/layout.py. Raises UserError."""
        return self._listed(REJECTED)

    def left_out(self) -> pd.DataFrame:
        """What is whole and not used, see xrays/layout.py. Raises UserError."""
        return self._listed(LEFT_OUT)

    def _listed(self, file: str) -> pd.DataFrame:
        return pd.read_csv(BytesIO(read_file(self.path, self.meta, file)), dtype=str, keep_default_na=False)

    def targets(self, task: Task) -> NDArray[np.float32]:
        """(N,) the task's labels, NaN where a film has none."""
        return targets_of(task, self.labels, len(self.ids))


def _images(path: Path, meta: Mapping[str, Any], films: int) -> NDArray[np.uint8]:
    images = mapped(path, IMAGES, meta)
    if images.dtype != np.uint8 or images.ndim != 4 or images.shape != (films, *images.shape[1:2] * 2, 1):
        raise DamagedFilms(path, IMAGES, f"holds {images.dtype} {images.shape}, not {films} films", meta)
    return images


def films_table(
    ids: NDArray[np.int64], labels: Labels, groups: NDArray[np.str_], columns: Mapping[str, NDArray[np.str_]]
) -> pd.DataFrame:
    """The table that films.csv holds: imageId, a column a label as files keep it, group, and the columns."""
    return pd.DataFrame({"imageId": ids, **coded(labels), "group": groups, **columns})


def films_fingerprint(films: pd.DataFrame) -> str:
    """Hash of ids, labels and groups, as films_table has them without columns: what a fold plan depends on."""
    return hashlib.sha256(films.to_csv(index=False, float_format="%.3f").encode()).hexdigest()


def pixels_fingerprint(films: str, preprocessing: object, images: Path) -> str:
    """Hash of an array's file, of the films' own fingerprint and of what their pixels went through."""
    digest = hashlib.sha256(f"{films}{as_json(preprocessing)}".encode())
    with images.open("rb") as file:
        while block := file.read(1 << 22):
            digest.update(block)
    return digest.hexdigest()


def prepared_folders(root: Path) -> list[Path]:
    """Folders below `root` that hold prepared films, by name. A name with a dot is one that is being written."""
    return sorted(file.parent for file in root.glob("[!.]*/meta.json")) if root.is_dir() else []


def choose_prepared(
    given: Path | None,
    root: Path = Path("data"),
    again: Callable[[Path], str] = lambda path: f"the same command with {option('data', path)}",
) -> Path | None:
    """The folder to use: the given one, or the only one there is; None when nothing has been prepared.

    Raises UserError that lists them when there are several. again: what is typed to have one of them.
    """
    prepared = prepared_folders(root)
    if given is not None:
        if (given / "meta.json").exists():
            return given
        listed = ", ".join(map(str, prepared)) or "none so far"
        raise UserError(
            f"--data {given} holds no prepared films",
            f"a prepared folder ({listed})",
            f"{command('prepare', given, out='data/NAME')}   (if it holds films and label files)",
        )
    if len(prepared) > 1:
        raise UserError(
            "several sets are prepared, and none was named",
            " or ".join(map(str, prepared)),
            again(prepared[0]),
        )
    return prepared[0] if prepared else None
