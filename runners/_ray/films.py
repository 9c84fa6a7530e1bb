"""The films and pretrained weights of a search on a node that cannot read the driver's files.

    fingerprints = fingerprints_of(setup)                       # driver: of what workers read
    names = missing_inputs(setup, fingerprints)                 # node: what is not here
    setup = localize(setup, fingerprints, {"films": fetch})     # node: the same setup with paths of the node

What a node was sent lies in a folder of the user's own below the temporary folder, named by fingerprint, and serves
later searches, too; cached features come to lie beside the films there. Nothing here knows Ray.
"""

from __future__ import annotations

import hashlib
import os
import shutil
import tempfile
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from runners._inputs.weights import Weights
from runners._workers.messages import Setup
from search_spaces._weight_files import fingerprint
from xrays.arrays import XrayArrays
from xrays.locks import alone
from xrays.seal import IMAGES, VECTORS
from xrays.vectors import vectors_of

FILMS = "films"
TABLES = ("films.csv", "meta.json")  # meta.json holds the fingerprint of the pixels
WEIGHTS = "weights.h5"
Fingerprints = Mapping[str, str]  # of what workers read: FILMS, and backbones by their names
InputFiles = Mapping[str, bytes | NDArray[Any]]  # content by file name
Fetch = Callable[[], InputFiles]


def fingerprints_of(setup: Setup) -> Fingerprints:
    """What a worker reads from disk, with fingerprints."""
    return {FILMS: _films(setup.arrays)} | {name: file.fingerprint for name, file in setup.weights.files.items()}


def missing_inputs(setup: Setup, fingerprints: Fingerprints) -> list[str]:
    """What this machine has neither where the setup says it is nor from an earlier search."""
    return [name for name in fingerprints if _path_here(setup, fingerprints, name) is None]


def input_files(setup: Setup, name: str) -> InputFiles:
    """What a node that lacks `name` is to be sent."""
    if name != FILMS:
        return {WEIGHTS: setup.weights.files[name].path.read_bytes()}
    arrays = XrayArrays.open(setup.arrays)
    images = np.asarray(arrays.images)
    vectors = {VECTORS: np.asarray(found.values)} if (found := vectors_of(arrays)) else {}
    # meta.json last, as `prepare` writes it.
    return {IMAGES: images} | vectors | {table: (setup.arrays / table).read_bytes() for table in TABLES}


def localize(setup: Setup, fingerprints: Fingerprints, fetch: Mapping[str, Fetch]) -> Setup:
    """The setup with paths that are readable here; what is not here is fetched. Raises OSError when there is no room,
    KeyError for what is lacking and cannot be fetched."""
    paths = {
        name: _path_here(setup, fingerprints, name) or _unpacked(name, content, fetch[name])
        for name, content in fingerprints.items()
    }
    files = {name: replace(file, path=paths[name]) for name, file in setup.weights.files.items()}
    return replace(setup, arrays=paths[FILMS], weights=Weights(setup.weights.given, files))


def _films(folder: Path) -> str:
    return hashlib.sha256(b"".join((folder / table).read_bytes() for table in TABLES)).hexdigest()[:16]


def _path_here(setup: Setup, fingerprints: Fingerprints, name: str) -> Path | None:
    """Where this machine has it: the driver's own path counts only if the same lies there."""
    given = setup.arrays if name == FILMS else setup.weights.files[name].path
    for path in (given, _kept(name, fingerprints[name])):
        with suppress(OSError):
            if (_films if name == FILMS else fingerprint)(path) == fingerprints[name]:
                return path.absolute()
    return None


def _kept(name: str, content: str) -> Path:
    folder = Path(tempfile.gettempdir()) / f"cxr-automl-{os.getuid()}" / f"{name}-{content}"
    return folder if name == FILMS else folder / WEIGHTS


def _unpacked(name: str, content: str, fetch: Fetch) -> Path:
    """Fetches and writes it under another name, then renames; of several workers on a node one does and the others
    wait."""
    path = _kept(name, content)
    folder = path if name == FILMS else path.parent
    folder.parent.mkdir(mode=0o700, exist_ok=True)
    if folder.parent.stat().st_uid != os.getuid():  # anyone may have made it before: the name can be guessed
        raise PermissionError(f"{folder.parent} belongs to someone else")
    partial = folder.with_name(f".{folder.name}.partial")
    with alone(partial.with_suffix(".lock")):
        if not folder.exists():
            shutil.rmtree(partial, ignore_errors=True)  # of a process that was killed
            partial.mkdir()
            for file, held in fetch().items():
                if isinstance(held, bytes):
                    (partial / file).write_bytes(held)
                else:
                    np.save(partial / file, held)
            partial.rename(folder)
    return path
