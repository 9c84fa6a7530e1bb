"""How often a hold-out was looked at: by what the runs have on record, and by the log beside the films.

times_opened(run, runs)       # 3
lost(run)                     # 1: openings in the log whose scores the run folder has not any more
doubt(run.openings()[-1])     # "not independent"
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from trials.openings import logged
from trials.store import RunStore


def times_opened(run: RunStore, runs: Sequence[RunStore]) -> int:
    """The highest count for this run's task and hold-out that any of the runs or the log has: the hold-out belongs
    to the films, so a look at it for another run counts, and one whose record was removed."""
    films, task = run.films().hold_out_fingerprint(), run.experiment.task
    alike = [
        other for other in runs if other.experiment.task == task and other.films().hold_out_fingerprint() == films
    ]
    recorded = [opening["openings"] for other in alike for opening in other.openings()]
    return max([*recorded, *(len(_logged(other)) for other in alike)], default=0)


def lost_openings(run: RunStore) -> int:
    """Openings for this run that the log tells of and the run folder does not."""
    known = {opening["opened"] for opening in run.openings()}
    digest = run.experiment.digest
    return sum(entry.get("search") == digest and entry.get("opened") not in known for entry in _logged(run))


def doubt(opening: Mapping[str, Any]) -> str | None:
    """In words that the hold-out was not new to the model, or that nobody knows; None where it was new."""
    independent = opening.get("independent")
    return None if independent else "not independent" if independent is False else "not known to be independent"


def _logged(run: RunStore) -> list[dict[str, Any]]:
    return logged(Path(run.provenance.arrays), run.films().hold_out_fingerprint(), run.experiment.task)
