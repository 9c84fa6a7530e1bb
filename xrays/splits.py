"""How films are to be divided, as it was typed: what is held out, and how the others are dealt to folds.

    splits = Splits(seed=0, holdout=0.2)
    splits.share                                         # 0.2 of the films, 0.15 where nothing was typed
    command("search", task="age", **splits.options())    # … --holdout 0.2

xrays/folds.py makes the plan of it.
"""

from __future__ import annotations

from dataclasses import dataclass

from xrays.errors import UserError

SHARE = 0.15  # of the films, where nothing else is typed
# What a fold of a stress test is, by the word that is typed.
STRESS = {"id-blocks": "a block of neighbouring ids"}
MOST = 0.5  # of the films: with more held out than trained on, it is the search that has too few


@dataclass(frozen=True)
class Splits:
    """seed: of hold-out and folds. holdout: the share of the films that is held out, 0 for none, None for the usual
    one. column: of the films, which says what is held out, see xrays/split_column.py; "" where a share is. stress: a
    word of STRESS, "" for folds that are alike."""

    seed: int = 0
    holdout: float | None = None
    column: str = ""
    stress: str = ""

    @property
    def share(self) -> float:
        """Of the films that is held out, where no column says which."""
        return SHARE if self.holdout is None else self.holdout

    def check(self) -> None:
        """Raises UserError for what fits no films at all."""
        if self.seed < 0:
            raise UserError(f"--split-seed {self.seed}", "a whole number from 0 on", "--split-seed 0")
        if not 0 <= self.share <= MOST:
            raise UserError(
                f"--holdout {self.share:g}",
                f"a share of the films from 0 (nothing is held out) to {MOST:g}",
                f"--holdout {SHARE:g}",
            )
        if self.column and self.holdout is not None:
            raise UserError(
                f"--holdout {self.share:g} with --split {self.column}",
                "one of them, since the column says which films are held out",
                "the same command without --holdout",
            )
        if self.stress and self.stress not in STRESS:
            first = next(iter(STRESS))
            raise UserError(f"--stress {self.stress}", " or ".join(STRESS), f"the same command with --stress {first}")

    def options(self) -> dict[str, object]:
        """What is to be typed to have the same again, by option; None for what need not be."""
        holdout = None if self.holdout is None else f"{self.holdout:g}"
        return {"holdout": holdout, "split": self.column, "stress": self.stress, "split_seed": self.seed or None}

    def __str__(self) -> str:
        """For people: `15 % of the films are held out`."""
        if self.column:
            held = f"films of test in column {self.column} are held out"
        else:
            held = f"{self.share:.4g} of the films is held out" if self.share else "nothing is held out"
        return f"{held}; every fold is {STRESS[self.stress]}" if self.stress else held


def stress_words(splits: Splits) -> str:
    """What scores on the folds of a stress test are worth."""
    return (
        f"scores are of a STRESS TEST ({splits.stress}): every fold is {STRESS[splits.stress]}, so that models are "
        "scored on a stretch of the collection that they have seen nothing of, where ages, genders or machines may "
        "be others; they are not those of new patients like these, nor comparable with scores on ordinary folds"
    )


USUAL = Splits()
