"""The SPR X-ray Age and Gender set, fetched from Kaggle by kagglehub or taken from its cache.

layout = layout(Order(workplace=Path("data"), options={"version": "3"}))        # without it the newest
"""

from __future__ import annotations

import os
import shlex
from dataclasses import replace
from pathlib import Path

from xrays.errors import UserError
from xrays.layout import Layout
from xrays.next_command import command, option
from xrays.sources._folder import FILM_FOLDERS, read_folder
from xrays.sources._order import WAYS_OUT, Order

TITLE = "SPR X-ray Age and Gender (Kaggle, about 20 GB)"
FOLDER = False
NEEDED: tuple[str, ...] = ()
OPTIONS = ("version",)
SPR_HANDLE = "felipekitamura/spr-x-ray-age-and-gender-dataset"


def layout(order: Order) -> Layout:
    """The version asked for; without one the set that a Kaggle notebook has mounted, or the newest: the server's, or
    the cache's when the server says nothing. Nothing that is whole and on this machine is copied. Raises UserError
    when there is none, and for a version that is no number."""
    version = _asked_for(order)
    if version is not None:
        folder = _cached_versions().get(version) or _download(f"{SPR_HANDLE}/versions/{version}")
    elif (mounted := _mounted()) is not None:
        folder = mounted
        order.say(f"taking {folder}, which this notebook has mounted")
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
    about = {"source": f"kaggle {SPR_HANDLE}", "version": version}
    again = replace(order, options={} if version is None else {"version": str(version)})
    return replace(read_folder(folder), name="spr", words=again.words("spr"), about=about)


def _asked_for(order: Order) -> int | None:
    text = order.options.get("version")
    if text is None:
        return None
    if not (text.isascii() and text.isdecimal()):
        raise UserError(option("version", text), "a whole number", command("prepare", "spr", version=1))
    return int(text)


def _mounted() -> Path | None:
    """Where a Kaggle notebook has the set that was added to it: kagglehub finds it over the network alone."""
    if "KAGGLE_KERNEL_RUN_TYPE" not in os.environ:
        return None
    root = Path(os.environ.get("KAGGLE_CACHE_MOUNT_FOLDER", "/kaggle/input"))
    places = (root / SPR_HANDLE.split("/")[1], root / "datasets" / SPR_HANDLE)
    return next((place for place in places if _holds_films(place)), None)


def _holds_films(folder: Path) -> bool:
    return any((folder / name).is_dir() for name in FILM_FOLDERS)


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
    versions = {}
    for folder in (root / "versions").glob("*"):
        whole = (root / f"{folder.name}.complete").exists()
        if folder.name.isdecimal() and whole and _holds_films(folder):
            versions[int(folder.name)] = folder
    return versions


def _version_of(folder: Path) -> int | None:
    """The cache's folder is named by the version; a set mounted by a hosted notebook does not tell it."""
    return int(folder.name) if folder.name.isdecimal() else None
