"""The run folders there are, a line each.

print("\\n".join(overview(Path("runs"))))
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from pathlib import Path

from runners._search.budget import trial_count
from runners._words import score_words
from trials.checked import check_trials
from trials.files import in_use
from trials.final import Standing, leading, under_way
from trials.folders import run_folders
from trials.store import RunStore
from xrays.errors import UserError
from xrays.tasks import task_named


def overview(runs: Path) -> Iterator[str]:
    """Name, state and best score of every run, and why one ended before its trials were used up. Raises UserError
    when there is none."""
    paths = run_folders([], runs)
    width = max(len(path.name) for path in paths)
    for path in paths:
        try:
            yield f"{path.name:{width}s}  {_state(RunStore.open(path))}"
        except UserError as error:
            yield f"{path.name:{width}s}  left out: {error.given}"


def _state(store: RunStore) -> str:
    """running, finished, paused (by the clock), stopped (by the user), or interrupted: the last call was killed. Of a
    final that is not over how far it is."""
    check_trials(store)
    task, results, budget = task_named(store.experiment.task), store.trials(), store.budget()
    done, wanted = trial_count(results), budget.get("trials", math.inf)
    ended = budget.get("ended", "finished" if done >= wanted else "interrupted")
    state = "running" if in_use(store.path) else ended
    best = leading(store)
    reached = (
        f"{score_words(task, best.score)} (trial {best.result.number}{_seeds(best)})" if best else "no score yet"
    )
    early = f"; {budget['reason']}" if state == "finished" and done < wanted else ""
    held = under_way(store)
    final = f"; final: {held[0]} of {held[1]} folds" if held else ""
    return f"{state:11s}  {done:5d}/{budget.get('trials', '?')} trials  {reached}{early}{final}"


def _seeds(best: Standing) -> str:
    return f", mean of {len(best.seeds)} seeds" if best.seeds else ""
