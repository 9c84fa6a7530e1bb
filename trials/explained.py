"""What `explain` leaves in a run folder: explain/ with its numbers and a few small pictures. The last one counts.

save_explained(store.path, {"task": "age", …}, {"worst-1.png": b"…"})
load_explained(store.path)                     # Explanation, or None

Terminal and page say what the numbers mean in the same words, which stand here for that reason.
"""

from __future__ import annotations

import math
import secrets
import shutil
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from trials.files import write_atomically
from trials.kept import read_json
from trials.products import holds
from xrays.errors import UserError
from xrays.next_command import option
from xrays.strict_json import as_json
from xrays.tasks import Task

FOLDER, NUMBERS = "explain", "explain.json"
FORMAT = 5  # of the numbers; others are not read
# By numbers["sanity"]["verdict"]: how alike maps are to those of networks with shuffled weights.
ON_WEIGHTS = {
    "chance": "no more than smooth maps have by chance, so shuffling the weights destroys the maps",
    "nearer chance": "more than chance, though nearer to it than to the same map: part of what the maps show does "
    "not depend on what was learnt",
    "nearer same": "nearer to the same map than to chance: much of what the maps show does not depend on what was "
    "learnt",
    "blank": "not known, since maps are blank",
}
# By numbers["border"]["verdict"]: the share of attention there, against the area and networks with shuffled weights.
ON_BORDER = {
    "above": "the share is above both, which is a reason to look for letters, collimator edges and padding",
    "not above": "the share is not clearly above both",
    "too coarse": "no verdict, since a place of the map is wider than the border and what lies beside the border "
    "counts with it",
}


@dataclass(frozen=True)
class Explanation:
    """numbers: what explain.json holds; pictures: PNG files by name, those that `numbers` speaks of."""

    numbers: Mapping[str, Any]
    pictures: Mapping[str, bytes]


def save_explained(parent: Path, numbers: Mapping[str, Any], pictures: Mapping[str, bytes]) -> Path:
    """Writes a whole folder beside the old one, then puts it in its place; what is killed in between is still read.
    Returns it."""
    target = parent / FOLDER
    token = secrets.token_hex(4)  # a process id comes again, in every container from the start
    fresh, old = (parent / f".{FOLDER}.{token}.{end}" for end in ("new", "old"))
    try:
        fresh.mkdir()
        for name, content in pictures.items():
            write_atomically(fresh / name, content)
        write_atomically(fresh / NUMBERS, as_json({"format": FORMAT, **numbers}, indent=1).encode())
        if target.exists():
            target.rename(old)
        fresh.rename(target)
    finally:
        if target.exists():  # else the old one is all there is
            for left in parent.glob(f".{FOLDER}.*"):
                shutil.rmtree(left, ignore_errors=True)
        else:
            shutil.rmtree(fresh, ignore_errors=True)
    return target


def check_target(parent: Path) -> None:
    """Raises UserError where `save_explained` would replace what it has not made, or what is a run's."""
    target, made = parent / FOLDER, parent / FOLDER / NUMBERS
    if (parent / "experiment.json").exists():
        raise UserError(
            f"--out {parent} is a run folder", "another folder", option("out", f"{parent.name}_explained")
        )
    if target.exists() and not (made.is_file() and holds('"format"')(made)):
        raise UserError(f"{target} is there, and `explain` has not made it", "another folder", "--out DIR")


def load_explained(parent: Path) -> Explanation | None:
    """None where nothing was explained yet, or by a version whose numbers mean something else. Raises DamagedRun."""
    # None of them in its place: whoever replaced it was killed between two renames.
    folders = (parent / FOLDER, *sorted(parent.glob(f".{FOLDER}.*.old")))
    file = next(filter(Path.exists, folders), folders[0]) / NUMBERS
    numbers = read_json(file, dict[str, Any])
    if numbers is None or numbers.get("format") != FORMAT:
        return None
    pictures = {picture.name: picture.read_bytes() for picture in sorted(file.parent.glob("*.png"))}
    return Explanation(numbers, pictures)


def in_words(task: Task, answer: float) -> str:
    """`61.4 years`, or `female, probability 0.97`: of what is answered. An output is no calibrated probability, so
    none is rounded up to certainty, and a number below what can be, such as an age below 0, is none."""
    if task.kind == "regression":
        label = task.label
        number = round(answer, label.decimals) + 0.0  # without the sign of -0.0
        doubt = "" if can_be(task, answer) else f" (below {label.least:g}: no answer)"
        return f"{number:.{label.decimals}f} {label.unit}{doubt}"
    chosen = int(answer >= 0.5)
    probability = answer if chosen else 1 - answer
    return f"{task.class_names[chosen]}, probability " + (
        f"{probability:.2f}" if probability < 0.995 else "over 0.99"
    )


def can_be(task: Task, answer: float) -> bool:
    """Whether an answer is a number, and not below the least that can be, as it is said."""
    if not math.isfinite(answer):
        return False
    return task.kind != "regression" or round(answer, task.label.decimals) >= task.label.least


def percent(*shares: float) -> str:
    """`36 %`, or of several `33 to 38 %`."""
    ends = dict.fromkeys(f"{100 * end:.0f}" for end in (min(shares), max(shares)))
    return " to ".join(ends) + " %"
