"""Folds that are trained after a search: which of those that were saved count, and where their predictions lie."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from run_folders import fold_score
from simulated_search import flat

from runners._workers.parts import Whole, lacking
from trials.ablation import ArmPart, arm_parts
from trials.parts import Part, latest, predictions_of, save_part
from trials.seeds import SeedPart, seed_parts
from xrays.tasks import TASKS

SEED = SeedPart(trial=7, seed=11, fold=0, score=None)
ARM = ArmPart(configuration="abc", repeat=1, seed=5, fold=0, score=None)
OTHERS: dict[Part, Part] = {SEED: replace(SEED, seed=12), ARM: replace(ARM, repeat=0)}
EITHER = pytest.mark.parametrize("part", [SEED, ARM], ids=["seeds", "ablation"])


def trained(part: Part, fold: int, score: float = 9.0, halved: bool = False) -> Part:
    return replace(part, fold=fold, score=fold_score(TASKS["age"], fold, score), halved=halved)


@EITHER
def test_of_every_fold_the_latest_counts_in_the_order_of_the_first(part: Part) -> None:
    failed, first, again = replace(part, fold=1, error="killed"), trained(part, 0), trained(part, 1, 8.0)
    other = trained(OTHERS[part], 0)
    assert latest([failed, first, other, again]) == [again, first, other]


@EITHER
def test_half_batches_leave_nothing_of_whole_ones(part: Part) -> None:
    """Not even of folds that they have not come to yet; another whole has nothing to do with it."""
    other = trained(OTHERS[part], 0)
    half = trained(part, 1, halved=True)
    assert latest([trained(part, 0), other, trained(part, 1), half]) == [other, half]


@EITHER
def test_what_is_lacking_goes_on_as_it_was_begun(part: Part) -> None:
    whole = Whole("trial 7", flat(7, [9.0]), part, [0, 1, 2], batch_size=32)
    other = trained(OTHERS[part], 1)
    went_on = lacking(whole, [trained(part, 0), other])
    assert went_on and (went_on.folds, went_on.trial.accumulation, went_on.part.halved) == ([1, 2], 1, False)
    half = lacking(whole, [trained(part, 0, halved=True)])
    assert half and (half.folds, half.trial.accumulation, half.part.halved) == ([1, 2], 2, True)
    assert lacking(whole, [trained(part, fold) for fold in range(3)]) is None
    killed, diverged = replace(part, fold=1, failure="killed"), replace(part, fold=1, failure="NaN")
    assert lacking(whole, [killed]) == whole and lacking(whole, [trained(part, 0), diverged]) is None


def test_both_kinds_come_back_with_their_predictions(tmp_path: Path) -> None:
    made = np.array([1.0, np.nan, 3.0], np.float32)
    for part in (trained(SEED, 2), trained(ARM, 2)):
        save_part(tmp_path, part, made)
        back = predictions_of(tmp_path, part, films=3)
        assert back is not None
        np.testing.assert_array_equal(back, made)
        assert predictions_of(tmp_path, replace(part, fold=1), films=3) is None
    assert seed_parts(tmp_path) == [trained(SEED, 2)] and arm_parts(tmp_path) == [trained(ARM, 2)]
    (line,) = (tmp_path / "seeds.jsonl").read_text().splitlines()
    assert line.startswith('{"what": "part", "part": {"trial": 7, "seed": 11, "fold": 2, "score": {')
    files = {str(file.relative_to(tmp_path)) for file in tmp_path.rglob("*.npy")}
    assert files == {"seeds/00007-11-2.npy", "ablation/abc-1-2.npy"}
