"""How a model was found, and of which networks it is made."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from reports._card.blocks import Block, Facts, Paragraph, Part, facts, table
from reports._card.read import Card, at, number, rows_at, word
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
    finalists, seeds = (at(card, int, "search", name) for name in ("finalists", "further_seeds"))
    return {
        "Searched over": f"the space {of.get('space')}{f', narrowed: {narrowed}' if narrowed else ''}",
        "Proposed by": f"{of.get('sampler')} of {of.get('runner')}",
        "Stopped early by": of.get("pruner", ""),
        "Trials": ", ".join(f"{count(many)} {state}" for state, many in trials.items()),
        "Trained for": f"{of.get('epochs')} epochs on each of {repeats}{of.get('folds')} folds, patients together",
        "Finalists": f"{finalists} trials that could not be told from the best, each with "
        f"{seeds} further seed{'s' * (seeds != 1)}" * bool(finalists),
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
