"""What the audit that lies beside prepared films has found, as far as it is of these very films.

found = audited(Path("data/nih64"), experiment.pixels)
found.problems                  # titles of its checks
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path

PAGE, RECORD = "audit.html", "audit.json"


@dataclass(frozen=True)
class Audited:
    """Titles of what it calls a problem, and a hint."""

    problems: tuple[str, ...]
    hints: tuple[str, ...]


def audited(folder: Path, pixels: str) -> Audited | None:
    """folder: of prepared films; pixels: their fingerprint. None where no audit of these films, or no page of it, is
    there."""
    try:
        content = json.loads((folder / RECORD).read_text())
        if content["pixels"] != pixels or not (folder / PAGE).exists():
            return None
        found = [(str(check["severity"]), str(check["title"])) for check in content["checks"]]
    except (OSError, ValueError, KeyError, TypeError):
        return None
    return Audited(*(tuple(title for of, title in found if of == severity) for severity in ("problem", "hint")))
