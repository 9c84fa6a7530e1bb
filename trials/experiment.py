"""What a run is: its identity decides the folder, its budget may change from one call to the next.

experiment = Experiment(task="age", data="nih64", space="cnn", …)
experiment.folder_name          # age-nih64-cnn-optuna-tpe-3f2a
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, fields
from typing import Any, Self

from trials.typed import typed
from xrays.errors import UserError

# Bumped when the same identity would train differently than before: old runs are then refused, not mixed.
# 2: a run says what its space was narrowed to, which weights it starts from, how large a network may be and what
# computed it; a run without these cannot be told from another one.
# 3: the space's own first configuration is no draw of the sampler any more; a trial says its budget in epochs.
# 4: what a sampler is told of a pruned trial is recorded; a fork says what it differs in.
# 5: what each parameter could be is kept with the run; a residual block with a stride averages its shortcut; the
# hold-out is as near to its share as patients allow; a run knows its plan by a digest; a repeated
# proposal is answered by an untried configuration.
# 6: what films draw for augmentation hangs on each operation's name; a plan's assignment has one axis.
# 7: a trial says its epochs as max_epochs. 8: a run says how its films were divided.
# 9: a plan and out-of-fold predictions have a row for each repeat.
# 10: what other seeds have come to is kept by fold, with its predictions; the space cnn has stems and films that are
# halved at first; a run says what was chosen by measuring, a trial its work.
# 11: a run says which vectors its networks take.
FORMAT = 11


@dataclass(frozen=True)
class Experiment:
    """The identity of a run. Two runs of equal identity are the same search.

    plan, pixels, ranges: fingerprints of the fold plan, of the prepared arrays, of the space's parameters. seed: of
    the search and of training. narrowing: what the space was cut down to, as given ("depth=3..4", "batch_size=32"),
    () for all of it. weights: what pretrained networks start from ("none", "imagenet", "best_gender.h5@1a2b3c4d"),
    "" for a space without any. max_parameters: larger networks are not trained, 0 for no limit. backend: of Keras.
    grid_points: of every range in a grid, 0 for other samplers. folds: of each repeat; repeats: how often the films
    are dealt to folds, see xrays/folds.py. vectors: that another model has made of the films and networks take
    ("rad-dino.npz@1a2b3c4d"), width: how many numbers each has; "" and 0 for a space on films.
    """

    task: str
    data: str
    plan: str
    pixels: str
    size: int
    space: str
    ranges: str
    narrowing: tuple[str, ...]
    weights: str
    max_parameters: int
    backend: str
    runner: str
    sampler: str
    grid_points: int
    pruner: str
    folds: int
    repeats: int
    epochs: int
    seed: int
    precision: str
    vectors: str = ""
    width: int = 0
    format: int = FORMAT

    @property
    def digest(self) -> str:
        """Hash of the identity. The name of the data is no part of it: the fingerprints are."""
        identity = {key: value for key, value in asdict(self).items() if key != "data"}
        return hashlib.sha256(json.dumps(identity, sort_keys=True).encode()).hexdigest()

    @property
    def shape(self) -> tuple[int, ...]:
        """Of what a network takes: a film, (S, S, 1), or a vector, (D,)."""
        return (self.width,) if self.vectors else (self.size, self.size, 1)

    @property
    def folder_name(self) -> str:
        """Name of the run's folder where the user gives none; the last part is of the digest."""
        parts = (self.task, self.data, self.space, self.runner, self.sampler, self.digest[:4])
        return "-".join(parts)

    @property
    def every_fold(self) -> range:
        """The numbers of the folds of all repeats: what a whole trial is trained on."""
        return range(self.folds * self.repeats)

    def has_fold(self, fold: int, repeat: int) -> bool:
        """Whether there is such a fold, of that repeat."""
        return fold in self.every_fold and fold // self.folds == repeat

    @property
    def folds_in_words(self) -> str:
        """For people: `5 folds`, or `2 × 5 folds` where they are dealt twice."""
        return f"{self.repeats} × {self.folds} folds" if self.repeats > 1 else f"{self.folds} folds"

    def to_json(self) -> dict[str, Any]:
        """What `from_json` reads: JSON scalars and lists by field."""
        return asdict(self)

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> Self:
        """Raises UserError for a run that another version of the suite has written, ValueError for none at all."""
        if set(data) != {field.name for field in fields(cls)} or data["format"] != FORMAT:
            raise UserError(
                f"a run of format {data.get('format', '?')} ({data.get('task', '?')}, {data.get('data', '?')})",
                f"runs of format {FORMAT}, which this version writes",
                "name the runs to report on: python cli.py report RUN…",
            )
        return typed(cls, data)
