"""What the choice among trials does to the headline, in words: the corrected score, ties with the best, and how much
the seed alone moves a score.

correction(group, candidate_count(group))        # a number beside the headline, or why there is none
"""

from __future__ import annotations

from collections.abc import Hashable, Mapping
from typing import Any

import numpy as np

from reports._drawing.html import Html, text
from reports._drawing.metrics import objective_of
from reports._drawing.numbers import count
from reports._evidence.groups import Group
from reports._evidence.ties import Ties, ties
from reports._page.cards import card, no_card
from trials.choice import Selection, is_candidate


def candidate_count(group: Group) -> int:
    """Different trials that the best was picked from."""
    return int(is_candidate(group.frame).sum()) - (len(group.choice.same) if group.choice else 0)


def correction(group: Group, candidates: int) -> Html:
    """A card with the corrected score, or why there is none; nothing where there was nothing to choose from.
    candidates: trials that the best was picked from."""
    choice = group.choice
    if candidates <= 1:
        return Html("")
    if choice is None or np.isnan(choice.corrected):
        return no_card(
            "corrected for picking the best: needs the out-of-fold predictions, which are not in the run folder"
        )
    caption = f"corrected for picking the best of {count(choice.among)}"
    return card(group.task, choice.corrected, choice.interval, text(caption))


def correction_line(group: Group, winner: Mapping[Hashable, Any]) -> Html:
    """What the corrected score is, how far it is to be trusted, and why it is not worse where it is not."""
    choice = group.choice
    if choice is None or np.isnan(choice.corrected) or candidate_count(group) <= 1:
        return Html("")
    wide = " Its interval (at least 95 %) is wide, since those are a third of them."
    return Html(
        f"Corrected is what such a choice among {count(choice.among)} trials{_who(choice)} scores on patients who "
        f"had no part in it.{_too_good(choice)}<details><summary>How that is known</summary>"
        "The choice is repeated on patients drawn again and judged by the others."
        f"{wide if np.isfinite(choice.interval).all() else ''}{_judged(choice)}{_by_seeds(winner)}"
        f"{_no_worse(group, choice, winner['score'])}</details>"
    )


def _by_seeds(winner: Mapping[Hashable, Any]) -> str:
    """Who scores a finalist."""
    if not winner["seeds"]:
        return ""
    return " A finalist that it falls on is scored with its further seeds, which had no part in choosing it."


def _who(choice: Selection) -> str:
    partial = f"{count(choice.partial)} of them with the folds that they finished" if choice.partial else ""
    unseen = f"without {count(choice.unseen)} that finished no fold" if choice.unseen else ""
    said = ", ".join(part for part in (partial, unseen) if part)
    return f" ({said})" if said else ""


def _no_worse(group: Group, choice: Selection, score: float) -> str:
    """Picking the best of several can only flatter it, so a reader wonders."""
    if not group.task.better(choice.corrected, score):
        return ""
    metric = objective_of(group.task)
    shown = metric.with_unit(metric.value(abs(choice.corrected - score)))
    folds = (
        f"; it is also of {choice.scored} of {choice.folds} folds only, and how hard those are is an estimate"
        if choice.scored < choice.folds
        else ""
    )
    return (
        f" Here it is better than the score in cross-validation, by {shown}: nearly every repetition chooses the "
        f"same, so picking cost nothing that can be seen, and the rest is the luck of the draw{folds}. It is no "
        "reason to expect more than the score in cross-validation."
    )


def _too_good(choice: Selection) -> str:
    """A fold in which trials were stopped midway has chosen by its own films."""
    said = " Trials were stopped within every fold by its own films, so it still is a little too good."
    return said if choice.peeked else ""


def _judged(choice: Selection) -> str:
    """Such a fold cannot score the choice."""
    if not choice.peeked and choice.scored < choice.folds:
        first = ", of the first repeat, since later ones are of films that had a part in it" * (choice.repeats > 1)
        return (
            f" Only the {choice.scored} of {choice.folds} folds count in which no trial was stopped midway{first}; "
            "how hard these are beside all is judged by the linear probe."
        )
    return ""


# What a tie allows for.
ALLOWED = "also when it is allowed for that the best one was picked by its score"


def tied_line(group: Group) -> Html:
    """How many complete trials cannot be told from the best, and the smallest of them."""
    found = ties(group)
    if found is None:
        return Html("")
    if found.tied.empty:
        return Html(f"Tied with the best: no other trial. All others are worse, {ALLOWED}.")
    many = "1 other trial" if len(found.tied) == 1 else f"{count(len(found.tied))} other trials"
    return Html(f"Tied with the best: {many}, as good for all that is known ({ALLOWED}). {_smallest(group, found)}")


def _smallest(group: Group, found: Ties) -> str:
    if found.smallest is None:
        return "None of them is smaller than the best." if found.tied["parameters"].notna().any() else ""
    metric, smallest = objective_of(group.task), found.smallest
    shown = metric.with_unit(metric.value(smallest["score"]))
    return (
        f"The smallest of them is {text(smallest['name'], 80)}: {count(smallest['parameters'])} parameters, "
        f"{text(metric.label)} {text(shown)}."
    )


def seed_line(group: Group) -> Html:
    """What two equal trials differ by all the same."""
    noise, metric = group.seed_noise, objective_of(group.task)
    if noise is None:
        return Html("")
    trials = "one trial" if noise.trials == 1 else f"{noise.trials} trials"
    wild = "1 more seed" if noise.diverged == 1 else f"{noise.diverged} more seeds"
    apart = f" {wild} diverged, far beyond a constant, and had no part in this." if noise.diverged else ""
    return Html(
        f"Noise of the seed: ± {text(metric.with_unit(metric.value(noise.sd)))}, the standard deviation between "
        f"seeds ({trials}, {noise.seeds} seeds). Two trials of the same quality differ by up to "
        f"{text(metric.with_unit(metric.value(noise.difference)))} from the seed alone (95 %).{apart}"
    )
