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
MOST = 0.5  # of the films: with more held out than trained on, it is the search that has too few


@dataclass(frozen=True)
class Splits:
    """seed: of hold-out and folds. holdout: the share of the films that is held out, 0 for none, None for the usual
    one. column: of the films, which says what is held out, see xrays/split_column.py; "" where a share is."""

    seed: int = 0
    holdout: float | None = None
    column: str = ""

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

    def options(self) -> dict[str, object]:
        """What is to be typed to have the same again, by option; None for what need not be."""
        holdout = None if self.holdout is None else f"{self.holdout:g}"
        return {"holdout": holdout, "split": self.column, "split_seed": self.seed or None}

    def __str__(self) -> str:
        """For people: `15 % of the films are held out`."""
        if self.column:
            return f"films of test in column {self.column} are held out"
        return f"{self.share:.4g} of the films is held out" if self.share else "nothing is held out"


USUAL = Splits()
