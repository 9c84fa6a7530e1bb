"""What a search leaves on the screen: its best trials, and what they have to beat.

print(summary(store))
"""

from __future__ import annotations

import statistics

from runners._words import score_words
from trials.final import standings
from trials.records import unbeaten
from trials.store import RunStore
from xrays.tasks import task_named


def summary(store: RunStore, most: int = 5) -> str:
    """The best trials of a run and what they have to beat, a line each."""
    task = task_named(store.experiment.task)
    best = standings([store])[:most]
    stress = f", in a stress test ({splits.stress})" if (splits := store.provenance.splits).stress else ""
    lines = ["", f"best trials{stress}" if best else "no trial was trained on all folds yet"]
    for rank, one in enumerate(best, 1):
        named = f"  {one.result.label}" if one.result.label else ""
        seeds = f", mean of {len(one.seeds)} seeds" if one.seeds else ""
        lines.append(f"  {rank}. trial {one.result.number:3d}  {score_words(task, one.score)}{seeds}{named}")
    baselines = store.baselines() if best else []
    ahead = unbeaten(best[0].score, baselines, task) if best else []
    for baseline in baselines:
        score = statistics.fmean(fold.metrics[task.objective] for fold in baseline.folds)
        worse = "   NO TRIAL IS BETTER" if baseline in ahead else ""
        lines.append(f"  baseline {baseline.name}: {score_words(task, score)}{worse}")
    return "\n".join(lines)
