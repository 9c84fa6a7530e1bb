"""What the checks have found of a run, in lines for the terminal: by the JSON of a report that was just written.

for line in found_lines(Path("runs/report.html"), "age-nih64-cnn-…"):
    print(line)
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path


def found_lines(page: Path, run: str) -> Iterator[str]:
    """A problem each, with what to type next, and how many hints there are; nothing where the run is not in it, or
    it is gone."""
    try:
        groups = json.loads(page.with_suffix(".json").read_text())["groups"]
    except FileNotFoundError:  # somebody has put it away: the search has ended all the same
        return
    checks = [check for group in groups if run in group["runs"] for check in group["checks"]]
    for check in checks:
        if check["severity"] == "problem":
            yield f"problem: {check['found']}"
            if check["command"]:
                yield f"         {check['command']}"
    if checks:
        hints = sum(check["severity"] == "hint" for check in checks)
        yield f"checks:  {hints} hint{'s' * (hints != 1)}, under “Checks” in the report"
