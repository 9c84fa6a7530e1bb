"""How a model was found and made, what that took, and what its file is."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from reports._card.blocks import Block, Facts, Items, Paragraph, Part, Rows, facts, table
from reports._card.read import Card, at, known, number, rows_at, word
from reports._drawing.cells import weights_name
from reports._drawing.metrics import objective_of
from reports._drawing.numbers import count, scalar
from reports._drawing.words import enumeration
from xrays.tasks import Task


def method(card: Card, task: Task) -> Part:
    """The search, its choice, and what the file is made of."""
    blocks = (
        facts(_search(card)),
        Paragraph(_chosen(card, task)),
        *_members(card),
        *_configurations(card),
    )
    return Part("method", "Method", blocks)


def _search(card: Card) -> Mapping[str, str]:
    own = card["experiment"]
    of = {name: word(own, name) for name in own}
    narrowed = enumeration(at(own, list[str], "narrowing") or [])
    trials = at(card, dict[str, int], "search", "trials") or {}
    repeats = f"{of.get('repeats')} × " * (of.get("repeats") not in ("1", None, ""))
    finalists = at(card, int, "search", "finalists")
    return {
        "Searched over": f"the space {of.get('space')}{f', narrowed: {narrowed}' if narrowed else ''}",
        "Proposed by": f"{of.get('sampler')} of {of.get('runner')}",
        "Stopped early by": of.get("pruner", ""),
        "Trials": ", ".join(f"{count(many)} {state}" for state, many in trials.items()),
        "Trained for": f"{of.get('epochs')} epochs on each of {repeats}{of.get('folds')} folds, patients together",
        "Finalists": f"{finalists} trials that could not be told from the best, each with "
        f"{word(card, 'search', 'further_seeds')} further seeds" * bool(finalists),
        "Starts from": weights_name(of.get("weights", "")) if not of.get("vectors") else "from scratch, on vectors",
        "Learns from": word(card, "search", "learns_from"),
        "Seed": of.get("seed", ""),
        "Backend": f"{of.get('backend')}, {of.get('precision')} precision",
    }


def _chosen(card: Card, task: Task) -> str:
    among = count(at(card, int, "cross_validation", "picked_from"))
    if at(card, bool, "cross_validation", "is_best") is False:
        return (
            f"Trial {card['trial']} of {card['run']} was asked for; it is not the best of the {among} trials there."
        )
    better = "least" if task.direction == "min" else "highest"
    return (
        f"Chosen was trial {card['trial']} of {card['run']}, among {among} trials, by the {better} "
        f"{objective_of(task).within_a_sentence} on films that its networks were not trained on. No film of the "
        "hold-out took part in that."
    )


def _flat(recipe: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    for name, value in recipe.items():
        if isinstance(value, Mapping):
            yield from ((f"{name}, {inner}", said) for inner, said in _flat(value))
        else:
            yield name.replace("_", " "), scalar(value)


def _configurations(card: Card) -> Iterator[Block]:
    """Of every trial that is in the file."""
    members = {str(row.get("trial")): row.get("recipe") for row in rows_at(card, "way", "members")}
    for trial, recipe in (members or {str(card["trial"]): card["recipe"]}).items():
        yield Paragraph(f"Configuration of trial {trial}, without what has no effect:")
        yield Facts(tuple(_flat(recipe if isinstance(recipe, Mapping) else {})))


def _members(card: Card) -> Iterator[Block]:
    members = rows_at(card, "way", "members")
    networks = sum(int(number(member.get("networks")) or 0) for member in members)
    films = "all films of the folds" + ", and those of the hold-out" * bool(at(card, bool, "way", "every_film"))
    if networks == 1:
        yield Paragraph(f"The file is one network, trained on {films}.")
        return
    if not members:
        return
    each = f"one network, trained on {films}"
    if networks > len(members):
        each = "the mean of the networks of its folds, none of which was trained on the films of its own"
    yield Paragraph(
        f"The file is {count(networks)} networks in one ({word(card, 'way', 'name')}). A member is {each}."
    )
    if len(members) > 1:
        yield Paragraph(
            f"Its answer is the {word(card, 'way', 'middle')} of its members, weighted by their shares. They were "
            "selected greedily, with replacement, by their predictions on films that they were not trained on "
            "(Caruana et al. 2004)."
        )
    rows = [
        (
            f"trial {member.get('trial')}",
            str(member.get("seed")),
            f"{100 * (number(member.get('share')) or 0):.0f} %",
            count(number(member.get("networks"))),
        )
        for member in members
    ]
    yield table("What the model is made of", ("Member", "Seed", "Share", "Networks"), rows)


def compute(card: Card, task: Task) -> Part:
    """Hours, machine and energy."""
    known_hours = at(card, dict[str, float], "compute", "worker_hours") or {}
    rows = [(name, hours(value)) for name, value in known_hours.items() if value]
    energy = at(card, list[float], "compute", "kwh") or []
    note = word(card, "compute", "kwh_note")
    pairs = {
        "Machine": word(card, "compute", "device"),
        "From": word(card, "compute", "begun"),
        "To": word(card, "compute", "ended"),
        "By the clock": hours(at(card, float, "compute", "hours")),
        "Core-hours": hours(at(card, float, "compute", "core_hours")),
        "Energy": f"about {_energy(energy)}, {note}" if len(energy) == 2 else note,
    }
    about = Paragraph(
        "By the clock: time in which some trial was in training, pauses of interrupted ones included. Core-hours are "
        "hours of training times the threads that a worker may use, not all of which are busy; what was done before "
        "the search, between trials and in trials that never ended is not counted.",
        note=True,
    )
    blocks: list[Block] = [facts(pairs), about]
    if rows:
        blocks.insert(1, table("Hours of training, over all workers", ("For", "Hours"), rows))
    return Part("compute", "Compute", tuple(blocks))


def _energy(ends: Sequence[float]) -> str:
    """`0.02 to 0.07 kWh`, in Wh where it is less than a hundredth of one."""
    factor, unit = (1, "kWh") if ends[1] >= 0.01 else (1000, "Wh")
    return " to ".join(f"{factor * end:.2g}" for end in ends) + f" {unit}"


def hours(given: float | None) -> str:
    """`4.2 h`, or minutes and seconds where it is less."""
    if given is None:
        return ""
    seconds = 3600 * given
    if seconds < 90:
        return f"{seconds:.0f} s"
    return f"{seconds / 60:.0f} min" if seconds < 5400 else f"{given:,.1f} h"


def file(card: Card, task: Task, name: str) -> Part:
    """The file, its forms, and which versions were tried. name: of the file."""
    versions = at(card, dict[str, str], "versions") or {}
    opened = at(card, dict[str, list[str]], "file", "opened_with") or {}
    pairs = {
        "File": name,
        "Format": word(card, "file", "format"),
        "Parameters": count(at(card, int, "parameters")) if known(card, "parameters") else "",
        "SHA-256": card["model_sha256"],
        "Run": f"{card['run']}, trial {card['trial']}",
        "Plan of folds, fingerprint": word(card["experiment"], "plan"),
        "Made with": ", ".join(f"{library} {version}" for library, version in versions.items()),
    }
    tried = [
        "This very file was loaded again by the export, in a fresh process with nothing but Keras, and gave the same "
        f"predictions (Keras {versions.get('keras', 'of the versions above')})."
    ]
    if opened:
        all_of = "; ".join(f"{library} {', '.join(of)}" for library, of in opened.items())
        tried.append(f"Files of this form, not this one, are opened by the project's own tests with {all_of}.")
    return Part("file", "File, formats and versions", (facts(pairs), Items(tuple(tried)), *_formats(card)))


def _formats(card: Card) -> Iterator[Rows]:
    """What else was written, and by which runtime it was read."""
    rows = [
        (
            str(one.get("name")),
            str(one.get("file")),
            f"{(number(one.get('bytes')) or 0) / 1e6:.2f}",
            ", ".join(f"{name} {version}" for name, version in (at(one, dict[str, str], "runtime") or {}).items()),
            ", ".join(map(str, at(one, list[int], "batches") or [])),
            f"{number(one.get('largest_difference')) or 0:.1g}",
        )
        for one in rows_at(card, "formats")
    ]
    if rows:
        head = ("Format", "File", "MB", "Asked in", "Films at once", "Largest difference")
        yield table("This model in other formats, each asked by its own runtime alone", head, rows, long=(1, 3))
