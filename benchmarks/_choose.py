"""What `portfolio.py` shows of a collection: what every candidate loses where, what a portfolio gains in contexts
that it was not found in, and the rows to paste.

    choose(collection)
"""

from __future__ import annotations

import json
import statistics
from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, datetime

import numpy as np
from _collect import GIVEN
from _contexts import SHORT, WAVES, Collection, Context, key_of
from _portfolio import LeftOut, Regrets, best_of, greedy, left_out, prior_of, regrets, starter
from _prior_checked import Search, checked, show_checked

from search_spaces import load_space
from search_spaces._hyperparameters import Scalar
from search_spaces._portfolio import LARGEST
from search_spaces._prior import Weights
from search_spaces._space import Space, domains
from search_spaces._work import Workload
from trials.records import TrialResult
from trials.store import RunStore
from xrays.strict_json import numeric
from xrays.tasks import task_named

SEED = "seed"  # name of the space's first configuration
COMMAND = "benchmarks/portfolio.py collect"


def choose(collection: Collection) -> None:
    """Prints the matrix, what leaving contexts out says, and the rows to paste."""
    space = load_space(collection.space)
    contexts = [each for wave in (*WAVES, *SHORT) for each in wave if (collection.comparisons / each.name).is_dir()]
    sources: dict[str, str] = json.loads(collection.sources.read_text())
    names = {key: f"{where or 'drawn'} {number}" for number, (key, where) in enumerate(sources.items())}
    names[key_of(space.first)] = SEED
    found_in = {names[key]: where for key, where in sources.items() if where and where != GIVEN}
    given = [names[key] for key, where in sources.items() if where == GIVEN]
    drawn = [names[key] for key, where in sources.items() if not where]
    losses, constants = {}, {}
    for each in contexts:
        losses[each.name], constants[each.name] = lost_in(collection, each, names)
    regret = regrets(losses, constants)
    show_matrix(regret, [SEED, *drawn, *found_in, *given])
    for title, alike in (
        ("found without this context", {each.name: each.name for each in contexts}),
        ("found without any of this source and task", {each.name: each.alike for each in contexts}),
    ):
        show_left_out(title, left_out(regret, found_in, SEED, drawn, LARGEST, alike), len(drawn))
    entries = greedy(regret, [*found_in, *given], [SEED], LARGEST)
    print(f"\nportfolio, mean regret {mean_regret(regret, [SEED])} (seed alone)")
    for count in range(1, len(entries) + 1):
        print(f"  + {entries[count - 1]:28s} {mean_regret(regret, [SEED, *entries[:count]])}")
    params = {name: json.loads(key) for key, name in names.items()}
    if soon := starter(regret, {name: seconds_of(space, params[name]) for name in [*found_in, *given]}, entries):
        print(f"  and first {soon:23s} {mean_regret(regret, [soon])} alone, for a first answer soon")
        entries = [soon, *entries[: LARGEST - 1]]
    show_rows(space, regret, {name: params[name] for name in entries}, found_in)
    searches = list(searches_in(collection))
    show_prior(prior_of(space, [(search.task, search.scored) for search in searches]))
    show_checked(list(checked(space, searches)))


def lost_in(collection: Collection, context: Context, names: Mapping[str, str]) -> tuple[dict[str, float], float]:
    """Candidate -> loss, of those that have one, and what the constant loses."""
    store, task = RunStore.open(collection.comparisons / context.name), task_named(context.task)
    results = {result.number: result for result in store.trials()}
    losses = {}
    for result in results.values():
        trained = results[result.duplicate_of] if result.duplicate_of is not None else result
        # Stopped in its first fold, it may be estimated as no worse than the best; but no search would see its end.
        score = scored(trained, task.name) if trained.complete_folds else None
        if (name := names.get(key_of(result.params))) and score is not None:
            losses[name] = task.loss(score)
    for result in RunStore.open(collection.whole / context.name).trials():
        losses[names[key_of(result.params)]] = task.loss(numeric(result.score(task)))
    constant = next(baseline for baseline in store.baselines() if baseline.name == "constant")
    return losses, task.loss(statistics.fmean(fold.metrics[task.objective] for fold in constant.folds))


def scored(result: TrialResult, task: str) -> float | None:
    """Of a pruned trial the estimate."""
    score = result.estimate if result.state == "pruned" else result.score(task_named(task))
    return score if np.isfinite(numeric(score)) else None


def searches_in(collection: Collection) -> Iterator[Search]:
    """With the losses of their trials, those on the same films for the same task as one group."""
    alike = {each.name: each.alike for wave in (*WAVES, *SHORT) for each in wave}
    for path in sorted(collection.searches.glob("*/experiment.json")):
        store = RunStore.open(path.parent)
        task = task_named(store.experiment.task)
        pairs = [(score, result) for result in store.trials() if (score := scored(result, task.name)) is not None]
        yield Search(alike[path.parent.name], task, [(task.loss(score), result) for score, result in pairs])


def seconds_of(space: Space, params: Mapping[str, Scalar]) -> float:
    """What a trial takes on the reference core, on films of 64 px."""
    workload = Workload(space, (64, 64, 1), films=640, folds=5, epochs=30, precision="mixed")
    return workload.of(space.recipe(params)).trial(workload.folds)


def mean_regret(regret: Regrets, names: Sequence[str]) -> str:
    """What the best of these loses, on average over the contexts."""
    return f"{statistics.fmean(best_of(lost, names) for lost in regret.values()):.3f}"


def show_matrix(regret: Regrets, names: Sequence[str]) -> None:
    """Rows are configurations, columns contexts."""
    print("regret: 0 is the best known in a context, 1 a constant\n")
    for number, context in enumerate(regret):
        print(f"  {chr(65 + number)}  {context}")
    print(f"\n{'':30s}" + "".join(f"{chr(65 + number):>6}" for number in range(len(regret))))
    for name in names:
        cells = (lost.get(name) for lost in regret.values())
        print(f"{name:30s}" + "".join(f"{'–' if cell is None else f'{cell:.2f}':>6}" for cell in cells))


def show_left_out(title: str, rows: Sequence[LeftOut], drawn: int) -> None:
    """A line a context, and their means. drawn: how many nothing was known of."""
    print(f"\n{title:44s}    seed   + {drawn} drawn   + portfolio   entries")
    for row in rows:
        print(f"  {row.context:42s} {row.seed:7.3f} {row.drawn:11.3f} {row.portfolio:13.3f} {row.entries:9d}")
    if rows:
        means = [statistics.fmean(getattr(row, part) for row in rows) for part in ("seed", "drawn", "portfolio")]
        print(f"  {'mean':42s} {means[0]:7.3f} {means[1]:11.3f} {means[2]:13.3f}")


def show_rows(
    space: Space, regret: Regrets, entries: Mapping[str, Mapping[str, Scalar]], found_in: Mapping[str, str]
) -> None:
    """The portfolio, as it stands in the space's file. entries: by name, in their order."""
    when = f"{datetime.now(UTC):%d %B %Y}"
    print("\nPORTFOLIO = (")
    for name, params in entries.items():
        helped = [each for each, lost in regret.items() if best_of(lost, list(entries)) == lost.get(name)]
        where = f"found in {found_in[name]}" if name in found_in else "given by hand"
        source = f"{where}, best in {', '.join(helped) or 'none'}; {when}, {COMMAND}"
        ordered = {each: params[each] for each in domains(space)}
        print(f"    Entry(\n        {ordered!r},\n        {source!r},\n    ),")
    print(")")


def show_prior(prior: Mapping[str, Weights]) -> None:
    """The same of the weights of values."""
    print("\nPRIOR = {")
    for name, weights in prior.items():
        print(f"    {name!r}: {weights!r},")
    print("}")
