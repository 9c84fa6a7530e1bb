"""Which runs may be compared: the same task on the same fold plan. Different plans are never ranked together.

for group in run_groups(runs):
    group.task, group.frame, group.films, group.every_seed(run, number)
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import pairwise

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from reports._evidence.openings import times_opened
from reports._evidence.rows import named_rows
from trials.choice import Selection, every_seed, selection_of
from trials.films import Films
from trials.frame import trials_frame
from trials.noise import SeedNoise, seed_noise
from trials.store import RunStore
from xrays.errors import UserError
from xrays.labels import LABELS, Label
from xrays.splits import Splits
from xrays.tasks import TASKS, Task


@dataclass(frozen=True)
class Group:
    """slug: its name in links and ids; frame: rows of `trials_frame` of these runs, empty before any trial; opened:
    how often its hold-out has been opened for this task, by any run; images: whether films of single patients may be
    shown."""

    slug: str
    task: Task
    plan: str
    runs: tuple[RunStore, ...]
    frame: pd.DataFrame
    opened: int
    images: bool = True

    @cached_property
    def tables(self) -> dict[str, pd.DataFrame]:
        """Those of its sections that were made, by name: what `table_of` of reports/_section.py keeps."""
        return {}

    @cached_property
    def rows(self) -> pd.DataFrame:
        """`frame` with a name for every row, without repeated trials and equal baselines."""
        return named_rows(self.frame)

    @cached_property
    def films(self) -> Films:
        """The films and folds of all its runs: they have one plan."""
        return self.runs[0].films()

    @property
    def splits(self) -> Splits:
        """How its films were divided, alike in all its runs."""
        return self.runs[0].provenance.splits

    @property
    def labels(self) -> list[Label]:
        """Those that its films have, in the order of LABELS."""
        return [label for name, label in LABELS.items() if name in self.films.labels]

    @cached_property
    def choice(self) -> Selection | None:
        """What picking the best of its trials did to the score; None where that is not known."""
        return selection_of(self.runs, self.frame)

    @cached_property
    def seed_noise(self) -> SeedNoise | None:
        """How far scores move with the seed alone; None before any trial was trained with others."""
        return seed_noise(self.runs)

    def every_seed(self, run: str, number: int) -> NDArray[np.float32] | None:
        """(S × R, N) out-of-fold predictions of a trial with each of S seeds, its own first (trials/choice.py)."""
        return every_seed(self.run(run), self.frame, number)

    def run(self, name: str) -> RunStore:
        """That of its runs."""
        return next(store for store in self.runs if store.path.name == name)


def run_groups(runs: Sequence[RunStore], images: bool = True) -> list[Group]:
    """Groups in the order of TASKS, then by the name of their first run: the order of `runs` makes no difference.

    Raises UserError when two folders have one name: the page could not tell them apart.
    """
    ordered = sorted({run.path.resolve(): run for run in runs}.values(), key=lambda run: run.path.name)
    for one, other in pairwise(ordered):
        if one.path.name == other.path.name:
            raise UserError(
                f"{one.path} and {other.path}", "run folders of different names", "rename one of the two folders"
            )
    keys = dict.fromkeys((run.experiment.task, run.experiment.plan) for run in ordered)
    sorted_keys = sorted(keys, key=lambda key: list(TASKS).index(key[0]))
    groups = []
    for number, (task, plan) in enumerate(sorted_keys, 1):
        alike = tuple(run for run in ordered if (run.experiment.task, run.experiment.plan) == (task, plan))
        opened = times_opened(alike[0], ordered)
        groups.append(Group(f"{task}-{number}", TASKS[task], plan, alike, trials_frame(alike), opened, images))
    return groups
