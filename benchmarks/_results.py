"""What keeps the results of benchmarks/against_plain.py apart: a key in their folder, a section in the file of all.

key = kept_key(out, {"films": "sample", "size": 64, …})     # SystemExit where OUT holds another benchmark
write_section(Path("benchmarks/RESULTS.md"), "## Against plain loops: sample, 64 px", text)
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import re
import shlex
import sys
import time
from collections.abc import Mapping
from importlib.metadata import version
from pathlib import Path
from typing import Any

from _arms import HERE
from _contexts import HELD_BACK

from trials.files import write_atomically
from xrays.strict_json import as_json

KEY = "key.json"
TOP = (
    "# Results\n\nEvery section is made by the command that stands in it, and replaced by it when that runs again.\n"
)


def kept_key(folder: Path, key: Mapping[str, Any]) -> dict[str, Any]:
    """What the folder is of, all of it: written where it is empty, else compared by what the given key has. Raises
    SystemExit, which names what differs."""
    file = folder / KEY
    if not file.exists():
        if folder.exists() and any(folder.iterdir()):
            raise SystemExit(f"--out {folder} holds something else, without a {KEY}: give another folder")
        folder.mkdir(parents=True, exist_ok=True)
        write_atomically(file, as_json(dict(key)).encode())
    kept: dict[str, Any] = json.loads(file.read_text())
    differs = [
        f"{name}: {kept.get(name)} there, {value} now" for name, value in key.items() if kept.get(name) != value
    ]
    if differs:
        raise SystemExit(f"--out {folder} is of another benchmark ({'; '.join(differs)}): give another folder")
    return kept


def write_section(file: Path, heading: str, text: str) -> None:
    """Puts the section, whose heading begins with ##, where one of the same heading is, else at the end of the file;
    all others stay as they are. text: without the heading, and without headings of its level."""
    before = file.read_text() if file.exists() else TOP
    write_atomically(file, with_section(before, heading, text).encode())


def with_section(before: str, heading: str, text: str) -> str:
    """The file with that section in it."""
    top, *sections = (part.strip("\n") for part in re.split(r"(?m)^(?=## )", before))
    own = f"{heading}\n\n{text.strip()}"
    places = [place for place, section in enumerate(sections) if section.partition("\n")[0] == heading]
    if places:
        sections[places[0]] = own
    else:
        sections.append(own)
    return "\n\n".join([top, *sections]) + "\n"


def name_of(films: str) -> str:
    """Of a source, or of a folder: its last word."""
    return Path(films).resolve().name if Path(films).is_dir() else films


def heading(options: argparse.Namespace) -> str:
    """Of the section of these results."""
    return f"## Against plain loops: {name_of(options.films)}, {options.size} px"


def head(options: argparse.Namespace, kept: Mapping[str, Any], now: str) -> str:
    """Machine, versions and command, and what the portfolio was found on. now: the commit of this suite."""
    packages = ", ".join(f"{name} {version(name)}" for name in ("tensorflow", "keras", "keras-tuner", "optuna"))
    words = [word for word in sys.argv[1:] if word != "--only-table"]
    # Nobody else has this machine's folders.
    words = [os.path.relpath(word, HERE) if Path(word).is_absolute() else word for word in words]
    seen = (
        f"The hold-out is the {HELD_BACK} films that the search for the portfolio had nothing of. The folds' films "
        "are among those on which `now`'s portfolio and prior were found: what these do for its scores on the folds "
        "is more than on other films, and `now_no_portfolio` is the same suite without them."
        if Path(options.films).is_dir()
        else "The portfolio and prior of `now` were found on the sample, too, its hold-out included: "
        "`now_no_portfolio` is the same suite without them."
    )
    return (
        f"{time.strftime('%Y-%m-%d')}, {kept['cores']} core{'s'[: kept['cores'] != 1]} an arm ({processor()}), "
        f"Python {platform.python_version()}, {packages}; `before` is {kept['before'][:12]}, `now` {now}; "
        f"{options.folds} folds of {options.epochs} epochs, {options.minutes:g} minutes; medians over "
        f"{options.seeds} seed{'s'[: options.seeds != 1]}. Seconds and core-seconds count from the start of an arm's "
        f"first process.\n\n    python benchmarks/against_plain.py {shlex.join(words)}\n\n{seen}\n"
    )


def processor() -> str:
    """As it calls itself, where it does."""
    file = Path("/proc/cpuinfo")
    lines = file.read_text().splitlines() if file.exists() else []
    named = (line.partition(":")[2].strip() for line in lines if line.startswith("model name"))
    return next(named, platform.machine())
