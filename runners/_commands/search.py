"""A search from its options to its end, as the terminal shows it, and what it ends with: its final, and the ablation.

store, outcome = search(options, ablation=True)          # SearchOptions
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from dataclasses import replace

from runners._commands.ablate import AblateOptions, ablate_held, not_ablated
from runners._commands.final import FinalOptions, check_finalists, final_held
from runners._outcome import Outcome
from runners._search import session
from runners._search.options import SearchOptions
from runners._terminal.screen import Terminal
from trials.final import leading
from trials.store import RunStore
from xrays.next_command import command
from xrays.tasks import TASKS


def search(
    options: SearchOptions, say: Callable[[str], None] = print, *, ablation: bool = False
) -> tuple[RunStore, Outcome]:
    """Runs or resumes the search, and after it the final, where its limits have finalists. ablation: when the search
    is finished its best configuration is trained with and without augmentation. All in a folder that is held
    throughout; time that is up ends everything. Raises UserError for options that fit nothing, or a folder of another
    search."""
    # Of all that this call does, what is found out before the search begins included.
    deadline = time.monotonic() + options.limits.seconds
    check_finalists(options.limits.finalists)

    def after(store: RunStore, outcome: Outcome) -> Outcome:
        if outcome.kind == "stopped":
            return outcome
        final = FinalOptions(
            options.limits.finalists,
            options.data,
            options.weights,
            options.place,
            deadline,
            options.limits.fold_seconds,
            options.networks,
        )
        ended = final_held(store, final, say)
        ablates = ablation and not not_ablated(store.experiment)
        if ended.kind != "finished" or outcome.kind != "finished" or not ablates or leading(store) is None:
            return outcome if ended.kind == "finished" else ended
        if (left := deadline - time.monotonic()) <= 0:
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

    return session.search(options, deadline, Terminal(options.tensorboard), say, then=after)


def what_next(store: RunStore, options: SearchOptions, outcome: Outcome) -> Iterator[str]:
    """Commands that go on from here, and why the search has ended, in lines."""
    if any(result.state == "complete" for result in store.trials()):
        yield f"next:    {command('export', task=options.task, run=store.path.name, runs=options.runs)}"
    for other in TASKS:
        if other != options.task:
            again = {"data": options.data, "runs": options.runs, **options.splits.options()}
            yield f"next:    {command('search', task=other, **again)}"
    if outcome.kind == "finished":
        yield f"ended:   {outcome.reason}; to go on: {outcome.remedy}"
    else:
        yield f"{outcome.reason}; the same command goes on from here"
