"""Finds what a space should begin with: a portfolio of configurations, and which values are worth trying.

    nice -n 15 python benchmarks/portfolio.py collect --films ../shared/data/nih --out runs/portfolio
    python benchmarks/portfolio.py choose --out runs/portfolio                # prints the rows to paste
    python benchmarks/portfolio.py                                            # both in small, on the synthetic sample

`collect` goes on where it stopped, also with more --trials. A context is a task on so many films of a size (WAVES);
after every wave there is something to choose from. In each of its contexts

1. a search finds configurations (race, 3 folds): of the space's first one, its portfolio as it is, those of --starts,
   some that differ from one of these in a few values, since what is drawn anywhere hardly ever comes near, and what
   the sampler makes of all that;
2. the two best of every context so far, a few drawn at random and the space's own first one are tried, here and in
   all contexts before, each raced like any trial. `choose` goes by what they lose there (benchmarks/_portfolio.py).

120 of the films, always the same and whole patients, are in no context: whatever is found can be judged on them.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import random
import statistics
import sys
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path

import numpy as np
from _portfolio import LeftOut, best_of, greedy, left_out, plain, prior_of, regrets

from runners._commands.search import search
from runners._search.options import Place, SearchOptions
from search_spaces import load_space
from search_spaces._cost import draw
from search_spaces._hyperparameters import Scalar
from search_spaces._portfolio import LARGEST
from search_spaces._space import Space, domains
from trials.files import write_atomically
from trials.records import TrialResult, ranked
from trials.store import RunStore
from xrays.layout import Layout
from xrays.prepare import prepare
from xrays.sources import Order, layout_of
from xrays.splits import Splits
from xrays.strict_json import as_json, numeric
from xrays.tasks import Task, task_named

HELD_BACK = 120  # films
BEST = 2  # of a context's search that are tried everywhere
DRAWN = 5  # configurations that nothing is known of, the same everywhere
# Wider networks take minutes a trial there, and nobody's quarter of an hour would see them.
AFFORDED = {64: ("filters=8,16,24,32",), 128: ("filters=8,16,24",)}
WIDEST = 24
NEAR, CHANGED = (
    10,
    3,
)  # configurations that differ from one that a search begins with, and parameters in which they do
SEED = "seed"


@dataclass(frozen=True)
class Context:
    """films: 0 for all that a source has."""

    source: str
    films: int
    size: int
    task: str

    @property
    def data(self) -> str:
        return f"{self.source}{self.films or ''}-{self.size}"

    @property
    def name(self) -> str:
        return f"{self.data}-{self.task}"

    @property
    def alike(self) -> str:
        """Contexts with the same films and task at another size say nearly the same."""
        return f"{self.source}-{self.task}"


def _contexts(text: str) -> tuple[Context, ...]:
    parts = (word.split("/") for word in text.split())
    return tuple(Context(source, int(films), int(size), task) for source, films, size, task in parts)


WAVES = tuple(
    map(
        _contexts,
        (
            "nih/640/64/age nih/640/64/gender",
            "nih/300/64/age nih/300/64/gender sample/0/32/age sample/0/32/gender",
            "nih/100/64/age nih/100/64/gender nih/640/128/age nih/640/128/gender",
            "nih/640/32/age nih/640/32/gender sample/0/64/age sample/0/64/gender",
        ),
    )
)
SHORT = (_contexts("sample/0/32/age sample/0/32/gender"),)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("command", choices=("collect", "choose", "short"), nargs="?", default="short")
    parser.add_argument("--films", type=Path, help="folder in the SPR layout, for the contexts `nih`")
    parser.add_argument("--out", type=Path, default=Path("runs/portfolio"))
    parser.add_argument("--space", default="cnn")
    parser.add_argument("--waves", type=int, default=len(WAVES), help="so many of the waves, from the first on")
    parser.add_argument("--trials", type=int, default=25, help="of each search")
    parser.add_argument("--folds", type=int, default=3)
    parser.add_argument("--epochs", type=int, default=30)
    parser.add_argument("--starts", type=Path, metavar="FILE", help="configurations that every search begins with")
    options = parser.parse_args()
    if options.command != "choose":
        if options.command == "collect":
            collect(options, WAVES[: options.waves])
            return
        with tempfile.TemporaryDirectory() as folder:
            options.out, options.trials, options.folds, options.epochs = Path(folder), 3, 2, 2
            collect(options, SHORT)
            choose(options)
            return
    choose(options)


# --- collect


def collect(options: argparse.Namespace, waves: Sequence[Sequence[Context]]) -> None:
    """All of the waves, each search and comparison once."""
    begun: list[Context] = []
    for wave in waves:
        for context in wave:
            begun.append(context)
            told(f"search in {context.name}")
            searched(options, context)
        candidates = write_candidates(options, begun)
        for context in begun:
            told(f"{candidates} configurations in {context.name}")
            compared(options, context, candidates)
    told("all of it is there: choose")


def told(line: str) -> None:
    print(f"{datetime.now(UTC):%d %b %H:%M:%S}  {line}", flush=True)


def searched(options: argparse.Namespace, context: Context) -> None:
    """Of every context another seed, so that each begins with other configurations."""
    seed = int.from_bytes(hashlib.sha256(context.name.encode()).digest()[:2], "big")
    file = options.out / "near" / f"{context.name}.json"
    file.parent.mkdir(parents=True, exist_ok=True)
    space = load_space(options.space)
    starts = [dict(entry.params) for entry in space.portfolio]
    starts += json.loads(options.starts.read_text()) if options.starts else []
    near = neighbours(space, [dict(space.first), *starts], seed)
    write_atomically(file, as_json([*starts, *near]).encode())
    given = replace(asked(options, context, "searches"), trials=options.trials, seed=seed, enqueue=file)
    run(replace(given, sets=AFFORDED.get(context.size, ())))


def compared(options: argparse.Namespace, context: Context, candidates: int) -> None:
    """All candidates so far, and the space's first configuration."""
    given = replace(asked(options, context, "comparisons"), trials=1 + candidates, sampler="random")
    run(replace(given, enqueue=options.out / "candidates.json"))


def run(options: SearchOptions) -> None:
    """Whoever stops a search stops the collection."""
    _, outcome = search(options)
    if outcome.kind == "stopped":
        sys.exit(130)


def asked(options: argparse.Namespace, context: Context, folder: str) -> SearchOptions:
    """Whose run has the context's name."""
    return SearchOptions(
        task=context.task,
        data=films_of(options, context),
        trials=1,
        space=options.space,
        portfolio=False,
        folds=options.folds,
        epochs=options.epochs,
        splits=Splits(holdout=0.0),
        place=Place(workers=1),
        name=context.name,
        runs=options.out / folder,
    )


def films_of(options: argparse.Namespace, context: Context) -> Path:
    """Prepared where they are not there yet."""
    path = Path(options.out / "films" / context.data)
    if not (path / "meta.json").exists():
        path.parent.mkdir(parents=True, exist_ok=True)
        if context.source == "sample":
            layout = layout_of("sample", Order(path.parent))
        else:
            layout = part_of(layout_of(str(options.films), Order(path.parent)), context.films)
        prepare(layout, path, size=context.size)
    return path


def part_of(layout: Layout, films: int) -> Layout:
    """So many films, whole patients in an order that their names decide, behind those that are held back."""
    order = sorted(set(layout.groups.tolist()), key=lambda patient: hashlib.sha256(patient.encode()).hexdigest())
    rank = {patient: number for number, patient in enumerate(order)}
    rows = sorted(range(len(layout.ids)), key=lambda row: rank[str(layout.groups[row])])
    last = layout.groups[rows[HELD_BACK - 1]]
    behind = [row for row in rows[HELD_BACK:] if layout.groups[row] != last]
    kept = np.sort(np.array(behind[:films]))
    return replace(
        layout,
        ids=layout.ids[kept],
        paths=[layout.paths[row] for row in kept.tolist()],
        labels={name: known[kept] for name, known in layout.labels.items()},
        groups=layout.groups[kept],
        columns={name: texts[kept] for name, texts in layout.columns.items()},
    )


def write_candidates(options: argparse.Namespace, contexts: Sequence[Context]) -> int:
    """candidates.json for `--enqueue`, and beside it where each comes from: those of an earlier call, too, which has
    tried them. How many there are."""
    space, file = load_space(options.space), options.out / "sources.json"
    known = json.loads(file.read_text()) if file.exists() else {key_of(one): "" for one in drawn_at_random(space)}
    found: list[tuple[str, dict[str, Scalar]]] = [(where, json.loads(key)) for key, where in known.items()]
    for context in contexts:
        store, task = RunStore.open(options.out / "searches" / context.name), task_named(context.task)
        for _, result in ranked(store.trials(), task)[:BEST]:
            params = plain(space, task, space.completed(result.params))
            if params not in [one for _, one in found] and params != space.first:
                found.append((context.name, params))
    write_atomically(options.out / "candidates.json", as_json([params for _, params in found]).encode())
    sources = {key_of(params): where for where, params in found}
    write_atomically(file, as_json(sources, indent=1).encode())
    return len(found)


def neighbours(space: Space, starts: Sequence[Mapping[str, Scalar]], seed: int) -> Iterator[dict[str, Scalar]]:
    """One of the starts with CHANGED values drawn anew. A third of them augment films by two operations more: of an
    operation mode and flag are two parameters, which alone do nothing."""
    rng, known = random.Random(seed), domains(space)
    flags = [name for name in known if name.startswith("augment_") and isinstance(space.first[name], bool)]
    others = [name for name in known if not name.startswith("augment_")]
    for number in range(NEAR):
        params = dict(rng.choice(starts))
        for name in rng.sample(others, CHANGED):
            few = [value for value in (draw(known[name], rng) for _ in range(20)) if afforded(name, value)]
            params[name] = next((value for value in few if value != params[name]), params[name])
        if number % 3 == 0:
            params |= {"augment_mode": "combined", **dict.fromkeys(rng.sample(flags, 2), True)}
        yield params


def afforded(name: str, value: Scalar) -> bool:
    """Whether a configuration with this value is tried in every context."""
    return name != "filters" or int(value) <= WIDEST


def drawn_at_random(space: Space) -> Iterator[dict[str, Scalar]]:
    """Evenly over the space, but for the widest networks."""
    rng = random.Random(0)
    for _ in range(DRAWN):
        drawn = {name: [draw(domain, rng) for _ in range(20)] for name, domain in domains(space).items()}
        yield {name: next(value for value in few if afforded(name, value)) for name, few in drawn.items()}


def key_of(params: Mapping[str, Scalar]) -> str:
    return json.dumps(dict(params), sort_keys=True)


# --- choose


def choose(options: argparse.Namespace) -> None:
    """Prints the matrix, what leaving contexts out says, and the rows to paste."""
    space = load_space(options.space)
    contexts = [
        each for wave in (*WAVES, *SHORT) for each in wave if (options.out / "comparisons" / each.name).is_dir()
    ]
    by_name = {each.name: each for each in contexts}
    sources: dict[str, str] = json.loads((options.out / "sources.json").read_text())
    names = {key: f"{where or 'drawn'} {number}" for number, (key, where) in enumerate(sources.items())}
    names[key_of(space.first)] = SEED
    losses, constants = {}, {}
    for name in by_name:
        losses[name], constants[name] = lost_in(options, by_name[name], names)
    regret = regrets(losses, constants)
    found_in = {names[key]: where for key, where in sources.items() if where}
    drawn = [names[key] for key, where in sources.items() if not where]
    show_matrix(regret, [SEED, *drawn, *found_in])
    alike = {name: name for name in by_name}
    show_left_out("found without this context", left_out(regret, found_in, SEED, drawn, LARGEST, alike))
    films = {name: each.alike for name, each in by_name.items()}
    show_left_out(
        "found without any of this source and task", left_out(regret, found_in, SEED, drawn, LARGEST, films)
    )
    entries = greedy(regret, list(found_in), [SEED], LARGEST)
    print(f"\nportfolio, mean regret {mean_regret(regret, [SEED])} (seed alone)")
    for count in range(1, len(entries) + 1):
        print(f"  + {entries[count - 1]:28s} {mean_regret(regret, [SEED, *entries[:count]])}")
    params = {name: json.loads(key) for key, name in names.items()}
    when = f"{datetime.now(UTC):%d %B %Y}"
    print("\nPORTFOLIO = (")
    for name in entries:
        helped = [context for context in regret if best_of(regret[context], entries) == regret[context].get(name)]
        source = f"found in {found_in[name]}, best in {', '.join(helped) or 'none'}; {when}, {COMMAND}"
        ordered = {each: params[name][each] for each in domains(space)}
        print(f"    Entry(\n        {ordered!r},\n        {source!r},\n    ),")
    print(")\n\nPRIOR = {")
    for name, weights in prior_of(space, list(searches_in(options))).items():
        print(f"    {name!r}: {weights!r},")
    print("}")


COMMAND = "benchmarks/portfolio.py collect"


def lost_in(
    options: argparse.Namespace, context: Context, names: Mapping[str, str]
) -> tuple[dict[str, float], float]:
    """Candidate -> loss, of those that have one, and what the constant loses."""
    store, task = RunStore.open(options.out / "comparisons" / context.name), task_named(context.task)
    results = {result.number: result for result in store.trials()}
    losses = {}
    for result in results.values():
        trained = results[result.duplicate_of] if result.duplicate_of is not None else result
        score = scored(trained, task.name)
        if (name := names.get(key_of(result.params))) and score is not None:
            losses[name] = task.loss(score)
    constant = next(baseline for baseline in store.baselines() if baseline.name == "constant")
    return losses, task.loss(statistics.fmean(fold.metrics[task.objective] for fold in constant.folds))


def scored(result: TrialResult, task: str) -> float | None:
    """Of a pruned trial the estimate."""
    score = result.estimate if result.state == "pruned" else result.score(task_named(task))
    return score if np.isfinite(numeric(score)) else None


def searches_in(options: argparse.Namespace) -> Iterator[tuple[Task, list[tuple[float, TrialResult]]]]:
    """Of every search its task and its trials with their losses."""
    for path in sorted((options.out / "searches").glob("*/experiment.json")):
        store = RunStore.open(path.parent)
        task = task_named(store.experiment.task)
        pairs = [(score, result) for result in store.trials() if (score := scored(result, task.name)) is not None]
        yield task, [(task.loss(score), result) for score, result in pairs]


def mean_regret(regret: Mapping[str, Mapping[str, float]], names: Sequence[str]) -> str:
    return f"{statistics.fmean(best_of(lost, names) for lost in regret.values()):.3f}"


def show_matrix(regret: Mapping[str, Mapping[str, float]], names: Sequence[str]) -> None:
    """Rows are configurations, columns contexts."""
    print("regret: 0 is the best known in a context, 1 a constant\n")
    for number, context in enumerate(regret):
        print(f"  {chr(65 + number)}  {context}")
    print(f"\n{'':30s}" + "".join(f"{chr(65 + number):>6}" for number in range(len(regret))))
    for name in names:
        cells = (lost.get(name) for lost in regret.values())
        print(f"{name:30s}" + "".join(f"{'–' if cell is None else f'{cell:.2f}':>6}" for cell in cells))


def show_left_out(title: str, rows: Sequence[LeftOut]) -> None:
    """A line a context, and their means."""
    print(f"\n{title:44s}    seed   + {DRAWN} drawn   + portfolio   entries")
    for row in rows:
        print(f"  {row.context:42s} {row.seed:7.3f} {row.drawn:11.3f} {row.portfolio:13.3f} {row.entries:9d}")
    if rows:
        means = [statistics.fmean(getattr(row, part) for row in rows) for part in ("seed", "drawn", "portfolio")]
        print(f"  {'mean':42s} {means[0]:7.3f} {means[1]:11.3f} {means[2]:13.3f}")


if __name__ == "__main__":
    main()
