"""What `report.json` says of time, run by run: where the workers' hours went, and what more of them would bring.

spent(group), outlook(group)             # JSON values; schema.py says what each key is
"""

from __future__ import annotations

from typing import Any

from reports._evidence.groups import Group
from reports._section import table_of

COUNTS = ("trials", "complete", "more")
FIGURES = ("seconds", "gain", "low", "high", "chance")


def spent(group: Group) -> list[dict[str, Any]]:
    """An entry a run that has trained anything: seconds of its workers, by what for."""
    return [
        {
            "run": str(run),
            "workers": int(parts["workers"].iloc[0]),
            "cores": int(parts["cores"].iloc[0]),
            "clock": float(parts["clock"].iloc[0]),
            "seconds": dict(zip(parts["part"], map(float, parts["seconds"]), strict=True)),
        }
        for run, parts in table_of(group, "hours").groupby("run", sort=False)
    ]


def outlook(group: Group) -> list[dict[str, Any]]:
    """An entry a run with a complete trial."""
    return [
        {"run": row["run"]} | {name: int(row[name]) for name in COUNTS} | {name: float(row[name]) for name in FIGURES}
        for row in table_of(group, "outlook").to_dict("records")
    ]
