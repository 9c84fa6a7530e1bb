"""The files of other formats beside a model: what an export may overwrite, and what of an older one goes with it.

    claim_formats(Path("best_age.h5"), ["onnx"])       # UserError where anything else lies
    older = made_by_export(Path("best_age.h5"))        # before its card is replaced

A file is an export's where the card beside it says its digest. Names are made of the model's own, never read from a
card, which may be a stranger's.
"""

from __future__ import annotations

import shutil
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path

from runners._models.cards import card_beside, digest
from runners._models.formats import load_format, other_names
from trials.products import refusal
from xrays.next_command import option


def claim_formats(model: Path, names: Iterable[str]) -> None:
    """Raises UserError where a format's file or folder would overwrite what no export has made."""
    own = _digests(model)
    for target in _targets(model, names):
        if not _is_own(target, own):
            raise refusal(target, "export", option("out", model.with_name(f"{model.stem}-2{model.suffix}")))


def made_by_export(model: Path) -> list[Path]:
    """What lies there of any format, and is of the model that the card describes."""
    own = _digests(model)
    return [target for target in _targets(model, other_names()) if _is_own(target, own)]


def put(target: Path, place: Path) -> Path:
    """Moves a file or a folder to where an older one may lie, which was claimed; returns the place."""
    if place.is_dir():  # no folder replaces another one
        remove(place)
    return target.replace(place)


def remove(target: Path) -> None:
    """A file, or a folder with all that is in it."""
    if target.is_dir():
        shutil.rmtree(target)
    else:
        target.unlink(missing_ok=True)


def every_file(target: Path) -> Iterator[Path]:
    """Itself, or all that are in it."""
    yield from sorted(file for file in target.rglob("*") if not file.is_dir()) if target.is_dir() else [target]


def _targets(model: Path, names: Iterable[str]) -> Iterator[Path]:
    for name in names:
        for target in load_format(name).FORMAT.targets(model):
            if target.exists() or target.is_symlink():
                yield target


def _digests(model: Path) -> Mapping[str, object]:
    """By the name of the file, as `Made.record` has written it."""
    listed = (card_beside(model) or {}).get("formats")
    found: dict[str, object] = {}
    for row in listed if isinstance(listed, list) else []:
        digests = row.get("sha256") if isinstance(row, dict) else None
        found.update(digests if isinstance(digests, dict) else {})
    return found


def _is_own(target: Path, own: Mapping[str, object]) -> bool:
    files = list(every_file(target))
    if target.is_symlink() or any(file.is_symlink() or not file.is_file() for file in files):
        return False
    return bool(files) and all(own.get(str(file.relative_to(target.parent))) == digest(file) for file in files)
