"""What is known to be wrong with the films of the runs on a page: the audits that lie beside the films.

markup = audits(runs, Path("runs/report.html"))
"""

from __future__ import annotations

import os
from collections.abc import Iterable
from pathlib import Path
from urllib.parse import quote

from reports._drawing.html import Html, attribute, join, text
from reports._drawing.numbers import count
from reports._evidence.audited import PAGE, audited
from trials.store import RunStore
from xrays.next_command import command


def audits(runs: Iterable[RunStore], page: Path) -> Html:
    """A line for each prepared folder, with a link relative to the page; empty where none of them is here."""
    pixels = {run.provenance.arrays: run.experiment.pixels for run in runs}
    lines = [line for folder, of in pixels.items() if (line := _line(Path(folder), of, page))]
    return Html(f"<p>{join(lines, '<br>')}</p>" if lines else "")


def _line(folder: Path, pixels: str, page: Path) -> Html:
    if not folder.is_dir():
        return Html("")
    found = audited(folder, pixels)
    if found is None:
        typed = text(command("audit", folder), 2000)
        return Html(f"The films of {text(folder.name)} were not audited: <code>{typed}</code>")
    place = quote(os.path.relpath(folder / PAGE, page.parent))
    problems, hints = len(found.problems), len(found.hints)
    said = f"{count(problems)} problem{'s' * (problems != 1)}, {count(hints)} hint{'s' * (hints != 1)}"
    return Html(f'<a href="{attribute(place, 4000)}">Audit of the films of {text(folder.name)}</a>: {said}.')
