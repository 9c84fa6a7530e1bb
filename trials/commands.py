"""Which commands have written into a run folder: commands.jsonl, a line each.

note_command(store.path, "python cli.py ablate age-nih64-cnn-…")
command_for(store, "rerun", trial=3)             # python cli.py rerun age-nih64-cnn-… --trial 3
more_of(store, trials=100)                       # the command of its search, to go on with
anew(store, ["depth=3..4"], epochs=60)           # and of another search, which begins with the best of this one
commands_of(store.path)            # [Command(at="2026-11-23T03:31:56+00:00", command="python cli.py search …"), …]
"""

from __future__ import annotations

import shlex
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from trials.files import append_line
from trials.kept import read_records
from trials.store import RunStore
from xrays.next_command import command
from xrays.strict_json import as_json

FILE = "commands.jsonl"
START = "python cli.py search "
# What says which search it is, and what it begins with: of another one not the same.
OWN = ("name", "fork", "fork_from", "start_from", "enqueue")

Options = dict[str, list[str | bool]]


@dataclass(frozen=True)
class Command:
    """at: ISO 8601, UTC."""

    at: str
    command: str


def note_command(run: Path, command: str) -> None:
    """The caller holds the folder. An empty command, of a program that calls a function, leaves nothing."""
    if command:
        made = Command(datetime.now(UTC).isoformat(timespec="seconds"), command)
        append_line(run / FILE, as_json(made))


def commands_of(run: Path) -> list[Command]:
    """The earliest first."""
    return read_records(run / FILE, Command)


def command_for(store: RunStore, word: str, **options: object) -> str:
    """A command about this run, as it must be typed where the run's folder was named. `export` takes its run as an
    option."""
    name, runs = store.path.name, store.path.parent
    if word == "export":
        return command(word, run=name, runs=runs, **options)
    return command(word, name, runs=runs, **options)


def more_of(store: RunStore, **changes: object) -> str:
    """The command with which the search goes on, "" where none is on record. changes: options in the place of those
    that were typed."""
    options = _search_options(store)
    if options is None:
        return ""
    if store.path.name != store.experiment.folder_name and not {"fork", "fork_from"} & set(options):
        options["name"] = [store.path.name]
    return _search(store, options, changes)


def anew(store: RunStore, sets: Sequence[str] = (), **changes: object) -> str:
    """The command of a search like this one in a folder of its own, which tries the best configurations of this one
    first; "" where no command is on record. sets: `depth=3..4`, in the place of what was said of these parameters; of
    `depth=` alone nothing more is said of it. One of the two must differ from this search."""
    options = _search_options(store)
    if options is None:
        return ""
    named = {text.partition("=")[0] for text in sets}
    for name in ("set", "fix"):
        options[name] = [text for text in options.get(name, []) if str(text).partition("=")[0].strip() not in named]
    options["set"] += [text for text in sets if text.partition("=")[2]]
    for name in OWN:
        options.pop(name, None)
    return _search(store, options, {**changes, "start_from": store.path.name})


def _search(store: RunStore, options: Options, changes: dict[str, object]) -> str:
    places = {"data": store.provenance.arrays, "runs": store.path.parent}
    return command("search", **{**options, **places, **changes})


def _search_options(store: RunStore) -> Options | None:
    """Of the latest search command on record."""
    typed = [made.command for made in commands_of(store.path) if made.command.startswith(START)]
    if not typed:
        return None
    options: Options = {}
    for name, given in _pairs(shlex.split(typed[-1].removeprefix(START))):
        options.setdefault(name.replace("-", "_"), []).append(given)
    return options


def _pairs(words: Sequence[str]) -> Iterator[tuple[str, str | bool]]:
    """Options as they were typed: `--depth 3`, `--depth=3`, `--fork`."""
    for word, after in zip(words, [*words[1:], "--"], strict=True):
        if word.startswith("--"):
            name, equals, given = word.removeprefix("--").partition("=")
            yield name, given if equals else after.startswith("--") or after
