"""Which commands have written into a run folder: commands.jsonl, a line each.

note_command(store.path, "python cli.py ablate age-nih64-cnn-…")
command_for(store, "rerun", trial=3)             # python cli.py rerun age-nih64-cnn-… --trial 3
commands_of(store.path)            # [Command(at="2026-11-23T03:31:56+00:00", command="python cli.py search …"), …]
"""

from __future__ import annotations

from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from pathlib import Path

from trials.files import append_line
from trials.kept import read_records
from trials.store import RunStore
from xrays.next_command import command
from xrays.strict_json import as_json

FILE = "commands.jsonl"


@dataclass(frozen=True)
class Command:
    """at: ISO 8601, UTC."""

    at: str
    command: str


def note_command(run: Path, command: str) -> None:
    """The caller holds the folder. An empty command, of a program that calls a function, leaves nothing."""
    if command:
        made = Command(datetime.now(UTC).isoformat(timespec="seconds"), command)
        append_line(run / FILE, as_json(asdict(made)))


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
