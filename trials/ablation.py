"""What augmentation was measured to do to a run's best configuration: the part of a run folder that `ablate` writes.

save_arms(run.path, trial=17, arms)               # which configurations are compared
save_part(run.path, ArmPart(…), predictions)      # a fold of one of them; trials.parts
arms_of(run.path, trial=17), arm_parts(run.path)

ablation.jsonl has a line for each. Folds belong to a configuration, not to an arm: what two arms or two winners have
in common is trained once.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import ClassVar, Literal

from trials.files import append_line
from trials.kept import read_records
from trials.parts import Part, latest
from xrays.strict_json import as_json

Kind = Literal["as found", "all off", "usual on", "without", "alone"]
FILE = "ablation.jsonl"


@dataclass(frozen=True)
class Arm:
    """One of the configurations that are compared. operation: the one that is off, or alone; "" where the kind says
    it all. configuration: digest of what is trained. operations: what is on, with its strength."""

    kind: Kind
    operation: str
    configuration: str
    operations: Mapping[str, float]

    @property
    def name(self) -> str:
        """For people: `without rotation`, `rotation alone`, or the kind where it says it all."""
        return {"without": f"without {self.operation}", "alone": f"{self.operation} alone"}.get(self.kind, self.kind)


@dataclass(frozen=True, kw_only=True)
class ArmPart(Part):
    """A fold of a configuration. repeat: which seed and which folds, equal for all arms."""

    lines: ClassVar[str] = FILE

    configuration: str
    repeat: int

    @property
    def whole(self) -> str:
        """Configuration and repeat."""
        return f"{self.configuration}-{self.repeat}"


@dataclass(frozen=True)
class _Line:
    """Of ablation.jsonl: the arms around a trial, or a part."""

    what: Literal["arms", "part"]
    trial: int = -1
    arms: tuple[Arm, ...] = ()
    part: ArmPart | None = None


def arms_of(run: Path, trial: int) -> list[Arm]:
    """The arms around a trial, the trial itself ("as found") first; empty when it was never ablated."""
    arms = [arm for line in _lines(run) if line.trial == trial for arm in line.arms]
    return list({(arm.kind, arm.operation): arm for arm in arms}.values())


def ablated(run: Path) -> list[int]:
    """Numbers of the trials that arms were made of, the latest last."""
    return list(dict.fromkeys(line.trial for line in reversed(_lines(run)) if line.arms))[::-1]


def save_arms(run: Path, trial: int, arms: Sequence[Arm]) -> None:
    """Those that are not on record yet."""
    known = arms_of(run, trial)
    if new := [asdict(arm) for arm in arms if arm not in known]:
        append_line(run / FILE, as_json({"what": "arms", "trial": trial, "arms": new}))


def arm_parts(run: Path) -> list[ArmPart]:
    """Those that count, of all arms."""
    return latest([line.part for line in _lines(run) if line.part is not None])


def _lines(run: Path) -> list[_Line]:
    return read_records(run / FILE, _Line)
