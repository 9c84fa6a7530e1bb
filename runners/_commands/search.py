"""A search from its options to its end, as the terminal shows it, and the ablation that it ends with.

store, outcome = search(options, ablation=True)          # SearchOptions
"""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import replace

from runners._commands.ablate import AblateOptions, ablate_held
from runners._search import session
from runners._search.budget import Outcome
from runners._search.options import SearchOptions
from runners._terminal.screen import Terminal
from trials.records import best_trial
from trials.store import RunStore
from xrays.tasks import task_named


def search(
    options: SearchOptions, say: Callable[[str], None] = print, *, ablation: bool = False
) -> tuple[RunStore, Outcome]:
    """Runs or resumes the search. ablation: when it is finished its best configuration is trained with and without
    augmentation, in a folder that is held throughout; time that is up ends both. Raises UserError for options that
    fit nothing, or a folder of another search."""
    begun = time.monotonic()

    def pair(store: RunStore, outcome: Outcome) -> Outcome:
        if outcome.kind != "finished" or best_trial(store.trials(), task_named(options.task)) is None:
            return outcome
        left = options.limits.seconds - (time.monotonic() - begun)
        if left <= 0:
            say("ablation: skipped, the time is up; the same command makes up for it")
            return outcome
        of_best = AblateOptions(
            run=str(store.path),
            runs=options.runs,
            pair=True,
            data=options.data,
            weights=options.weights,
            place=options.place,
            limits=replace(options.limits, seconds=left),
        )
        ended = ablate_held(store, of_best, say)
        return outcome if ended.kind == "finished" else ended

    def nothing(store: RunStore, outcome: Outcome) -> Outcome:
        return outcome

    return session.search(options, Terminal(options.tensorboard), say, then=pair if ablation else nothing)
