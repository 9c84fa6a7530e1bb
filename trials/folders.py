"""Where run folders lie, and what each of them is a run of, without opening it.

run_folders(["mine"], Path("runs"))                      # [Path("runs/mine")]; all that there are for []
read_record(Path("runs/mine")).experiment["seed"]        # of whatever format
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from trials.experiment import FORMAT
from trials.kept import read_json, undamaged
from trials.provenance import Origin, Provenance, origin_in
from trials.typed import typed
from xrays.errors import UserError
from xrays.next_command import command
from xrays.tasks import TASKS


@dataclass(frozen=True)
class RunRecord:
    """What experiment.json holds, of whatever format. experiment: the identity by field; about: where the run
    comes from; plan: digest of its plan.npz, None where that format has none."""

    experiment: Mapping[str, Any]
    about: Mapping[str, Any]
    plan: Any

    @property
    def origin(self) -> Origin:
        """What any format says of where the run comes from."""
        return origin_in(self.about)

    def provenance(self) -> Provenance:
        """All of it. Raises ValueError for what no search of this version has written."""
        try:
            return typed(Provenance, self.about)
        except ValueError as error:
            raise ValueError(f"about: {error}") from None


def read_record(path: Path) -> RunRecord:
    """Raises UserError for what is no run folder, DamagedRun for a record that is not whole."""
    record = read_json(path / "experiment.json", dict[str, Any])
    if record is None:
        raise UserError(
            f"{path} is no run folder", "a folder that `search` has made", command("runs", runs=path.parent)
        )
    with undamaged(path / "experiment.json"):
        experiment, about = (typed(dict[str, Any], record[part]) for part in ("experiment", "about"))
        read = RunRecord(experiment, about, record.get("plan"))
        if experiment.get("format") == FORMAT:
            read.provenance()
        return read


def run_folders(names: Sequence[str], runs: Path) -> list[Path]:
    """The folders of the given runs, by path or by name below `runs`; all there are when none is given.

    Raises UserError for a name that is none, or when there is no run at all.
    """
    existing = sorted(file.parent for file in runs.glob("*/experiment.json"))
    if not names and not existing:
        again = command("search", task=next(iter(TASKS)), runs=runs)
        raise UserError(f"{runs} holds no run", "run folders that `search` has made", again)
    chosen = []
    for name in names:
        path = next((path for path in (Path(name), runs / name) if (path / "experiment.json").exists()), None)
        if path is None:
            listed = ", ".join(path.name for path in existing) or "none so far"
            raise UserError(f"{name} is no run", f"one of: {listed}", command("runs", runs=runs))
        chosen.append(path)
    return chosen or existing
