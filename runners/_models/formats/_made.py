"""A model in another format, written and asked in processes of their own.

made = make("onnx", Path("best_age.h5"), films, predictions, workplace)      # Made, or FormatFailed

Converters print, load what they like and die of what is no Python error: nothing of it reaches the command.
"""

from __future__ import annotations

import os
import re
import subprocess
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from runners._backend import environment
from runners._models.cards import digest
from runners._models.formats import load_format
from runners._models.formats._beside import every_file
from runners._models.reload import differs, some_films

ROOT = Path(__file__).parents[3]  # where a process that has been given no path finds this package
TOGETHER = 64  # films that are asked at once, where there is memory for them
FEW = 8  # of a network that nobody has trained yet
# Other kernels than Keras's: MobileNetV2's many layers come to 1.5e-4, the tanh that is no gelu to 4e-4.
ALIKE = 3e-4
ERROR = re.compile(r"([\w.]*(Error|Exception)|\w+(\.\w+)+): ")  # how the last lines of a traceback begin


class FormatFailed(RuntimeError):
    """A format could not be written, or its file does not do what the .h5 does."""


@dataclass(frozen=True)
class Made:
    """name: of the format; files: the one that is opened first; runtime: with its version; batches: films that were
    asked at once; difference: largest one of an answer from that of the .h5."""

    name: str
    files: tuple[Path, ...]
    runtime: Mapping[str, str]
    batches: tuple[int, ...]
    difference: float

    def record(self) -> dict[str, Any]:
        """For the card."""
        first, *_ = self.files
        contents = {str(file.relative_to(first.parent)): file for target in self.files for file in every_file(target)}
        return {
            "name": self.name,
            "file": first.name,
            "bytes": sum(file.stat().st_size for file in contents.values()),
            "sha256": {name: digest(file) for name, file in contents.items()},
            "runtime": dict(self.runtime),
            "batches": list(self.batches),
            "largest_difference": self.difference,
        }


def make(
    name: str, model: Path, films: NDArray[Any], expected: NDArray[np.float32], folder: Path, most: int = TOGETHER
) -> Made:
    """Beside the model. films, expected: as `check_reloaded` takes them; folder: for films and answers; most: films
    at once. Raises FormatFailed."""
    row = load_format(name).FORMAT
    targets, given, got = row.targets(model), folder / "films.npy", folder / "answers.npz"
    _called("cannot be written", "write", name, model, targets[0])
    if lacking := [target.name for target in targets if not target.exists()]:
        raise FormatFailed(f"{name}: its converter wrote no {lacking[0]}")
    compared = np.resize(some_films(expected), most)
    np.save(given, films[compared])
    _called("cannot be opened", "ask", name, targets[0], given, got)
    with np.load(got) as answers:
        together, alone = answers["together"], answers["alone"]
        at_once = int(answers["at_once"])
    right = expected[compared[:at_once]]
    if together.shape != right.shape:
        raise FormatFailed(f"{name}: it has {together.shape} answers to {at_once} films")
    found, wanted = np.concatenate([together, alone]), np.concatenate([right, right[: len(alone)]])
    worst = float(np.max(np.abs(found - wanted)))
    if differs(found, wanted, ALIKE):
        raise FormatFailed(f"{name}: it predicts something else than the .h5, by up to {worst:.3g}")
    return Made(name, tuple(targets), {row.runtime: version(row.runtime)}, (1, at_once), worst)


def _called(failed: str, function: str, name: str, *paths: Path) -> None:
    """Raises FormatFailed with the error that ended the process. What lies where the command was typed is no
    module for it (-P)."""
    code = f"import sys\nfrom runners._models.formats._process import {function}\n{function}(*sys.argv[1:])"
    variables = {**environment("tensorflow"), "TF_CPP_MIN_LOG_LEVEL": "3", "CUDA_VISIBLE_DEVICES": "-1"}
    variables["PYTHONPATH"] = os.pathsep.join([str(ROOT), *filter(None, [os.environ.get("PYTHONPATH")])])
    words = [sys.executable, "-P", "-c", code, name, *map(str, paths)]
    done = subprocess.run(words, capture_output=True, text=True, errors="replace", env=variables, check=False)
    if done.returncode:
        lines = [line for line in done.stderr.splitlines() if ERROR.match(line)] if done.returncode > 0 else []
        why = lines[-1] if lines else f"its process ended with {done.returncode}"
        raise FormatFailed(f"{name}: it {failed}: {why[:300]}")
