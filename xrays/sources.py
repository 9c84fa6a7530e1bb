"""Where films come from by name: a row of SOURCES fetches them into a folder that `prepare` reads.

fetched = fetch("spr", Order(workplace=Path("data"), version=None))
fetched.folder, fetched.about          # about goes into meta.json: source, version, synthetic
"""

from __future__ import annotations

import shlex
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from xrays.errors import UserError
from xrays.layout import FILM_FOLDERS, spelled_out
from xrays.next_command import command

SPR_HANDLE = "felipekitamura/spr-x-ray-age-and-gender-dataset"
WAYS_OUT = "python cli.py prepare DIR   (a folder you have), or: python cli.py prepare sample   (synthetic films)"


@dataclass(frozen=True)
class Order:
    """What is wanted. version: None for the newest; workplace: where a source may put what it makes;
    progress(done, total): called for every film that is made here."""

    workplace: Path
    version: int | None = None
    say: Callable[[str], None] = print
    progress: Callable[[int, int], None] = lambda done, total: None


@dataclass(frozen=True)
class Fetched:
    """A folder in the SPR layout, a name for it, and what to record about it."""

    folder: Path
    name: str
    about: Mapping[str, Any]


def fetch(source: str, order: Order) -> Fetched:
    """A source by its name, or a folder by its path. Raises UserError when it is neither, or cannot be fetched."""
    folder = Path(source)
    if source in SOURCES:
        if folder.is_dir():
            order.say(f"taking the source {source}; for the folder of that name: {command('prepare', f'./{source}')}")
        return SOURCES[source].fetch(order)
    if order.version is not None:
        raise UserError(f"--version {order.version} for a folder", "only with spr", command("prepare", source))
    if not folder.is_dir():
        raise UserError(
            f"{source} is neither a folder nor a source",
            f"{', '.join(SOURCES)}, or a folder: {spelled_out()}",
            WAYS_OUT,
        )
    return Fetched(folder, folder.resolve().name, {"source": str(folder), "synthetic": _is_synthetic(folder)})


def _is_synthetic(folder: Path) -> bool:
    from xrays.phantom.sample import MARKER

    return (folder / MARKER).exists()


@dataclass(frozen=True)
class Source:
    name: str
    title: str
    fetch: Callable[[Order], Fetched]


def _fetch_sample(order: Order) -> Fetched:
    from xrays.phantom.sample import FILMS, VERSION, write_sample

    if order.version is not None:
        raise UserError(
            f"--version {order.version}", "no version: the sample has one", "python cli.py prepare sample"
        )
    folder = order.workplace / f"sample-films-{VERSION}"
    if not folder.exists():
        write_sample(folder, progress=lambda done: order.progress(done, FILMS))
    return Fetched(folder, "sample", {"source": "sample", "synthetic": True})


def _fetch_spr(order: Order) -> Fetched:
    """The version asked for; without one the newest: the server's, or the cache's when the server says nothing."""
    version = order.version
    if version is not None:
        folder = _cached_versions().get(version) or _download(f"{SPR_HANDLE}/versions/{version}")
    else:
        try:
            folder = _download(SPR_HANDLE)
            version = _version_of(folder)
        except UserError as error:
            cached = _cached_versions()
            if not cached:
                raise
            version, folder = max(cached.items())
            order.say(f"{error.given}\n  taking version {version}, the newest complete one in kagglehub's cache")
    return Fetched(folder, "spr", {"source": f"kaggle {SPR_HANDLE}", "version": version})


def _download(handle: str) -> Path:
    import kagglehub

    try:
        return Path(kagglehub.dataset_download(handle))
    except Exception as error:  # kagglehub lets through whatever its HTTP library and server raise
        lines = str(error).strip().splitlines()
        given = f"Kaggle's data set {handle} cannot be fetched: {type(error).__name__}: {lines[0] if lines else ''}"
        archives = sorted(map(str, _cache_root().glob("*.archive")))
        # A connection that broke off is an OSError, and what has come so far is gone on with.
        if archives and not isinstance(error, OSError):
            raise UserError(
                f"{given}\n  what was downloaded is cut or damaged, and kagglehub would take it again and again",
                "a whole archive",
                f"rm {shlex.join(archives)}, then the same command again",
            ) from error
        raise UserError(
            given, f"a connection to Kaggle, or a complete copy in kagglehub's cache ({_cache_root()})", WAYS_OUT
        ) from error


def _cache_root() -> Path:
    from kagglehub.config import get_cache_folder  # an empty KAGGLEHUB_CACHE is the current folder, for example

    return Path(get_cache_folder()) / "datasets" / SPR_HANDLE


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
