"""What a model is written as beside its `.h5`. Every file here without an underscore is a format, by its name on the
command line, with FORMAT, `write`, which has Keras, and `opened`, which has the format's runtime alone.

format_names()                          # ["h5", "keras", "onnx", …]; imports none of them
formats_named("h5,onnx")                # ("onnx",): the .h5 is there in any case. UserError where a package is not

What Keras and converters write without complaint is opened by nobody at times, or answers something else: every file
is asked in a process of its own before it counts (`_made.py`).
"""

from __future__ import annotations

import pkgutil
from collections.abc import Callable
from dataclasses import dataclass
from importlib import import_module
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol

from xrays.errors import UserError
from xrays.extras import with_extra

H5 = "h5"  # what all others are made from: always written

if TYPE_CHECKING:
    from numpy.typing import NDArray

# Of films (n, S, S, 1) in [0, 1], or vectors (n, D), in float32: answers (n, 1).
Answering = Callable[["NDArray[Any]"], Any]


@dataclass(frozen=True)
class Format:
    """title: what takes it, for a list; endings: of what is written, that of what is opened first; runtime: the
    distribution that opens it, whose version is noted; opens, writes: modules that are needed to open it, and besides
    these to write it; extra: what installs them, where the suite itself does not."""

    title: str
    endings: tuple[str, ...]
    runtime: str
    opens: tuple[str, ...]
    writes: tuple[str, ...] = ()
    extra: str = ""

    def targets(self, model: Path) -> list[Path]:
        """What is written beside this `.h5`; what is opened first."""
        return [model.with_suffix(ending) for ending in self.endings]

    @property
    def missing(self) -> list[str]:
        """Modules that are not installed here."""
        return [name for name in (*self.opens, *self.writes) if find_spec(name) is None]


class FormatFile(Protocol):
    """A file of this folder. Both functions run in processes of their own."""

    FORMAT: Format

    def write(self, network: Any, target: Path) -> None:
        """network: a keras.Model on TensorFlow that has been called."""
        ...

    def opened(self, target: Path) -> Answering:
        """What answers batches of any size."""
        ...


def other_names() -> list[str]:
    """Names of all formats but the .h5. Imports none of them."""
    return sorted(module.name for module in pkgutil.iter_modules(__path__) if not module.name.startswith("_"))


def format_names() -> list[str]:
    """Names of all formats, the default first."""
    return [H5, *other_names()]


def load_format(name: str) -> FormatFile:
    """The format of a name of other_names()."""
    found: FormatFile = import_module(f"runners._models.formats.{name}")
    return found


def formats_named(given: str) -> tuple[str, ...]:
    """given: names with commas. Those of them that are written beside the .h5, each once. Raises UserError for
    what is none, and for one whose packages are not installed."""
    names = tuple(dict.fromkeys(name.strip() for name in given.split(",") if name.strip()))
    for name in names:
        if name not in format_names():
            accepted = f"of {', '.join(format_names())}, one or several with commas"
            raise UserError(f"--formats {given!r}: there is no {name!r}", accepted, f"--formats {H5}")
    others = tuple(name for name in names if name != H5)
    lacking = {name: row for name in others if (row := load_format(name).FORMAT).missing}
    if lacking:
        needs = "; ".join(f"{name} needs {', '.join(row.missing)}" for name, row in lacking.items())
        here = [name for name in other_names() if not load_format(name).FORMAT.missing]
        raise UserError(
            f"--formats {given}: {needs}, not installed here",
            f"installed: {', '.join([H5, *here])}",
            "; ".join(with_extra(row.extra) if row.extra else "pip install -e ." for row in lacking.values()),
        )
    return others
