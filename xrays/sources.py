"""Where films come from by name: a row of SOURCES fetches them into a folder that `prepare` reads.

fetched = SOURCES["spr"].fetch(FetchOptions(version=None))
fetched.folder, fetched.about          # about goes into meta.json: source, version, synthetic
"""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from xrays.errors import UserError
from xrays.layout import FILM_FOLDERS, LAYOUT

SPR_HANDLE = "felipekitamura/spr-x-ray-age-and-gender-dataset"
WAYS_OUT = "python cli.py prepare DIR   (a folder you have), or: python cli.py prepare sample   (synthetic films)"


Progress = Callable[[int, int], None]


@dataclass(frozen=True)
class Fetched:
    """A folder in the SPR layout, a name for it, and what to record about it."""

    folder: Path
    name: str
    about: Mapping[str, Any]


def fetch(
    source: str,
    version: int | None,
    workplace: Path,
    say: Callable[[str], None] = print,
    progress: Progress = lambda done, total: None,
) -> Fetched:
    """A source by its name, or a folder by its path. workplace: where a source may put what it makes;
    progress(done, total) is called for every film that is made here.

    Raises UserError when it is neither, or cannot be fetched.
    """
    folder = Path(source)
    if source in SOURCES:
        if folder.is_dir():
            say(f"taking the source {source}; for the folder of that name: python cli.py prepare ./{source}")
        return SOURCES[source].fetch(version, workplace, progress)
    if version is not None:
        raise UserError(f"--version {version} for a folder", "only with spr", f"python cli.py prepare {source}")
    if not folder.is_dir():
        raise UserError(
            f"{source} is neither a folder nor a source", f"{', '.join(SOURCES)}, or a folder: {LAYOUT}", WAYS_OUT
        )
    return Fetched(folder, folder.resolve().name, {"source": str(folder)})


@dataclass(frozen=True)
class Source:
    name: str
    title: str
    fetch: Callable[[int | None, Path, Progress], Fetched]  # (version, folder for what is made here, progress)


def _fetch_sample(version: int | None, workplace: Path, progress: Progress) -> Fetched:
    from xrays.sample import FILMS, write_sample

    if version is not None:
        raise UserError(f"--version {version}", "no version: the sample has one", "python cli.py prepare sample")
    folder = workplace / "sample-films"
    if not folder.exists():
        write_sample(folder, progress=lambda done: progress(done, FILMS))
    return Fetched(folder, "sample", {"source": "sample", "synthetic": True})


def _fetch_spr(version: int | None, workplace: Path, progress: Progress) -> Fetched:
    """The version asked for; without one the newest, from the server if it answers, else from the cache."""
    if version is None:
        folder, served = _newest_spr()
    else:
        folder, served = _download(version), version
    return Fetched(folder, "spr", {"source": f"kaggle {SPR_HANDLE}", "version": served})


def _newest_spr() -> tuple[Path, int | None]:
    try:
        folder = _download(None)
        return folder, _version_of(folder)
    except UserError:
        cached = _cached_versions()
        if not cached:
            raise
        newest = max(cached)
        return cached[newest], newest


def _download(version: int | None) -> Path:
    import kagglehub

    handle = SPR_HANDLE if version is None else f"{SPR_HANDLE}/versions/{version}"
    if version is not None and (cached := _cached_versions().get(version)):
        return cached
    try:
        return Path(kagglehub.dataset_download(handle))
    except Exception as error:  # kagglehub lets through whatever its HTTP library and server raise
        lines = str(error).strip().splitlines()
        raise UserError(
            f"Kaggle's data set {handle} cannot be fetched: {type(error).__name__}: {lines[0] if lines else ''}",
            f"a connection to Kaggle, or a complete copy in kagglehub's cache ({_cache_root()})",
            WAYS_OUT,
        ) from error


def _cache_root() -> Path:
    base = Path(os.environ.get("KAGGLEHUB_CACHE") or Path.home() / ".cache" / "kagglehub")
    return base / "datasets" / SPR_HANDLE


def _cached_versions() -> dict[int, Path]:
    """Complete versions in kagglehub's cache. It writes `N.complete` beside `versions/N` when all is unpacked."""
    root = _cache_root()
    found = {}
    for folder in (root / "versions").glob("*"):
        whole = (root / f"{folder.name}.complete").exists()
        if folder.name.isdecimal() and whole and any((folder / name).is_dir() for name in FILM_FOLDERS):
            found[int(folder.name)] = folder
    return found


def _version_of(folder: Path) -> int | None:
    """The cache's folder is named by the version; a set mounted by a hosted notebook does not tell it."""
    return int(folder.name) if folder.name.isdecimal() else None


SOURCES: dict[str, Source] = {
    source.name: source
    for source in (
        Source("spr", "SPR X-ray Age and Gender (Kaggle, about 20 GB)", _fetch_spr),
        Source("sample", "built-in synthetic films", _fetch_sample),
    )
}
