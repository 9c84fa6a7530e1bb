"""Commands that a user is told to type next: complete, and quoted so that they can be pasted.

command("export", task="age", run="my run", runs=Path("runs"))
# python cli.py export --task age --run 'my run'
option("out", Path("my model.h5"))           # --out 'my model.h5', to be added to a command that was typed
worded(1e-06)                                # 1e-6, a value of a parameter
"""

from __future__ import annotations

import re
import shlex
import sys
from collections.abc import Sequence

# What a command takes anyway is not said.
DEFAULTS = {"runs": "runs"}


def command(*words: object, **options: object) -> str:
    """words: the command and its arguments, as they are; options: by name, with _ for -. What is None, False, empty
    or the default is left out, True is the option alone, a sequence the option several times."""
    parts = [str(word) for word in words]
    for name, given in options.items():
        for value in given if isinstance(given, Sequence) and not isinstance(given, str) else (given,):
            if value is None or value is False or str(value) in ("", DEFAULTS.get(name)):
                continue
            parts += [f"--{name.replace('_', '-')}", *([] if value is True else [str(value)])]
    return f"python cli.py {shlex.join(parts)}"


def option(name: str, value: object) -> str:
    """One option by itself, quoted as in a command."""
    return shlex.join([f"--{name}", str(value)])


def command_line() -> str:
    """The command as it was typed, for the record."""
    return command(*sys.argv[1:])


def worded(value: str | float) -> str:
    """A value of a parameter as one types it, without loss: "32", "0.5", "1e-6", "relu", "true"."""
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, float):
        return re.sub(r"e(-?)\+?0*", r"e\1", repr(value).removesuffix(".0"))
    return str(value)
