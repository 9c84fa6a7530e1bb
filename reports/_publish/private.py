"""Files for others: without the paths of this machine.

    without_paths(page, paths_of(store))          # b"… --data nih64 …" for b"… --data /home/ada/films/nih64 …"

A page and a card tell commands to type, as they must be typed here. Elsewhere the last part of a path says as much.
"""

from __future__ import annotations

import re
import shlex
from collections.abc import Iterable
from pathlib import Path

from trials.commands import commands_of
from trials.store import RunStore

# A line of a traceback, as it stands in a file, in JSON or on a page: of the file its name alone.
TRACED = re.compile(rb'(File (?:\\?"|&quot;|&#34;))[^"&\\\n]*/')
AUDIT = re.compile(rb'<a href="[^"]*audit\.html">(.*?)</a>')


def paths_of(store: RunStore) -> list[str]:
    """All that the run folder knows of, where it lies itself and the user's home; the longest first."""
    runs = store.path.parent
    words = [word for made in commands_of(store.path) for word in shlex.split(made.command)]
    typed = [word.rpartition("=")[2] for word in words]
    named = [*typed, store.provenance.arrays, store.provenance.weights, str(runs), str(runs.resolve())]
    places = {place for name in named if "/" in name for place in _and_above(name)}
    return sorted({*places, str(Path.home())} - {"/"}, key=len, reverse=True)


def _and_above(name: str) -> Iterable[str]:
    """A path, and the folder that it lies in."""
    return name, str(Path(name).parent)


def without_audit(page: bytes) -> bytes:
    """A page without its link to the one of the audit, which stays here: it names films."""
    return AUDIT.sub(rb"\1", page)


def without_paths(content: bytes, paths: Iterable[str]) -> bytes:
    """Text with the last part of each path in its place, also of one that is told by the way to it, and of the files
    of a traceback. What draws a page's figures is not ours and stays as it is: a short path may be a part of it."""
    from plotly.offline import get_plotlyjs

    content = TRACED.sub(rb"\1", content)
    known = [re.escape(path).encode() for path in paths if len(Path(path).parts) > 1]
    if not known:
        return content
    found = re.compile(rb"(?<![\w.\-/])(?:(?:\.\./)*\.\.)?(?:" + b"|".join(known) + rb")(?![\w\-])")
    drawing = get_plotlyjs().encode()
    parts = content.split(drawing)
    shorter: list[bytes] = [found.sub(lambda match: match[0].rpartition(b"/")[2], part) for part in parts]
    return bytes(drawing.join(shorter))
