"""A grid as a searcher: every combination of a few values of every parameter, in order.

python cli.py search --task age --runner grid --grid-points 3 --set depth=3..5 --fix optimizer=adamw …

Of a range `--grid-points` values are taken, spread evenly over it, on a logarithmic scale where it has one; of whole
numbers those on its steps; of options all. The space's first parameter varies slowest, its last one fastest. A point
follows from its place in this order alone, and the place travels with the trial: to resume is to go on with those
that were not taken. Of the next ones a cheap one may come first, and in the end all have come. A point that is the
same configuration as an earlier one, because what sets them apart has no effect (a strength whose operation is off),
is skipped, and so is one that the user has had tried before. To know it all configurations so far are kept, and after
a restart they are made once more: at most LIMIT of them, a second.
"""

from __future__ import annotations

import json
import math
from collections.abc import Mapping
from dataclasses import dataclass

from runners._searcher import FIRST, Ask, Done, Pick
from search_spaces._domains import highest, spread
from search_spaces._hyperparameters import Choice, Domain, Integer, Real, Scalar
from search_spaces._space import Space, domains
from trials.experiment import Experiment
from trials.records import Trial, TrialResult
from xrays.errors import UserError
from xrays.next_command import worded
from xrays.tasks import Task

LIMIT = 10_000  # points, those that are skipped among them
NAMED = 6  # parameters that a refusal names

Grid = dict[str, tuple[Scalar, ...]]  # the values of every parameter, in the space's order


@dataclass(frozen=True)
class GridSampler:
    """note, learns: as in `Sampler`."""

    note: str
    learns: bool = False


SAMPLERS: Mapping[str, GridSampler] = {"grid": GridSampler("every combination, the last parameters varying fastest")}


def open_searcher(space: Space, task: Task, experiment: Experiment) -> GridSearcher:
    """Raises UserError for a grid of more than LIMIT points."""
    grid = {name: values(domain, experiment.grid_points) for name, domain in domains(space).items()}
    if size(grid) > LIMIT:
        raise _too_large(grid, space, task, experiment)
    return GridSearcher(grid, space, task)


def values(domain: Domain, count: int) -> tuple[Scalar, ...]:
    """The values of a parameter that a grid takes, the lowest first: `count` of a range, with both its ends, or its
    middle where it is one; fewer where there are not as many. Options as they are."""
    match domain:
        case Choice(options):
            return options
        case Integer(low, step=step, log=log):
            places = spread(low, highest(domain), count, log)
            return tuple(dict.fromkeys(low + round((place - low) / step) * step for place in places))
        case Real(low, high, log):
            return tuple(dict.fromkeys(spread(low, high, count, log)))


def size(grid: Grid) -> int:
    """How many points it has."""
    return math.prod(len(values) for values in grid.values())


class GridSearcher:
    """What comes next, and the configurations before it."""

    def __init__(self, grid: Grid, space: Space, task: Task) -> None:
        self._grid, self._size, self._space, self._task = grid, size(grid), space, task
        self._next = 0
        self._waiting: dict[int, str] = {}  # configurations by their points, which were looked at and not taken
        self._taken: set[int] = set()
        self._seen: set[str] = set()  # of the grid
        self._tried: set[str] = set()  # of this search

    def ask(self, number: int, pick: Pick = FIRST) -> Ask | Done:
        """One of the next points that are configurations of their own; Done behind the last one."""
        # Told since then, for it was among those that the user wants to have tried.
        self._waiting = {point: one for point, one in self._waiting.items() if one not in self._tried}
        while len(self._waiting) < pick.offers and self._next < self._size:
            self._look(self._next)
            self._next += 1
        if self._waiting:
            points = list(self._waiting)[: pick.offers]
            offers = [self._params(point) for point in points]
            place = pick.of(offers)
            del self._waiting[points[place]]
            return Ask(offers[place], attributes={"point": points[place]})
        repeats = self._size - len(self._seen)
        same = f"; {repeats} more would have been the same as one of them" if repeats else ""
        return Done(f"all {len(self._seen)} configurations of the grid have been tried{same}")

    def tell(self, result: TrialResult) -> None:
        """Takes down what was tried. See `Searcher.tell`."""
        self._tried.add(json.dumps(result.recipe, sort_keys=True))

    def replay(self, trial: Trial) -> None:
        """Its point is taken. See `Searcher.replay`."""
        if isinstance(trial, TrialResult) and trial.number >= 0:
            self.tell(trial)
        if "point" in trial.attributes:
            self._taken.add(trial.attributes["point"])

    def _look(self, point: int) -> None:
        """It waits, unless it was taken, or its configuration is another point's or was tried."""
        configuration = self._configuration(point)
        if point not in self._taken and not (configuration in self._seen or configuration in self._tried):
            self._waiting[point] = configuration
        self._seen.add(configuration)

    def _configuration(self, point: int) -> str:
        return json.dumps(self._space.recipe(self._params(point)).active(self._task), sort_keys=True)

    def _params(self, point: int) -> dict[str, Scalar]:
        """Its place in the order, written in a number system with a digit a parameter."""
        digits = {}
        for name in reversed(self._grid):
            point, digits[name] = divmod(point, len(self._grid[name]))
        return {name: values[digits[name]] for name, values in self._grid.items()}


def _too_large(grid: Grid, space: Space, task: Task, experiment: Experiment) -> UserError:
    free = [name for name in grid if len(grid[name]) > 1]
    most = sorted(free, key=lambda name: -len(grid[name]))
    named = ", ".join(f"{name} {len(grid[name])}" for name in most[:NAMED])
    given = {text.partition("=")[0] for text in experiment.narrowing}
    idle = _without_effect(grid, space, task)
    # What has no effect goes first, what the user has chosen last; of the rest the last ones, since spaces begin with
    # what matters most.
    fixes: list[str] = []
    left = dict(grid)
    for name in sorted(free, key=lambda name: (name in given, name not in idle, -free.index(name))):
        if size(left) <= LIMIT:
            break
        fixes.append(name)
        left[name] = (space.first[name],)
    words = " ".join(f"--fix {name}={worded(space.first[name])}" for name in fixes)
    instead = ", ".join(name for name in fixes if name in given)
    return UserError(
        f"a grid of {size(grid):,} points ({named}{', …' if len(most) > NAMED else ''})",
        f"at most {LIMIT:,} points",
        f"the same command with {words}" + (f" instead of what it says on {instead}" if instead else ""),
    )


def _without_effect(grid: Grid, space: Space, task: Task) -> set[str]:
    """Parameters that change nothing in the space's first configuration."""

    def configuration(changes: Mapping[str, Scalar]) -> object:
        return space.recipe({**space.first, **changes}).active(task)

    first = configuration({})
    return {name for name, values in grid.items() if all(configuration({name: value}) == first for value in values)}
