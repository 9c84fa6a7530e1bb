"""What a methods section says of software, machine and time."""

from __future__ import annotations

from collections.abc import Iterator

from reports._drawing.words import enumeration
from reports.methods.words import many
from trials.spent import spent_on
from trials.store import RunStore


def machine(run: RunStore) -> Iterator[str]:
    """Versions of all libraries on record, the machine, and how long it trained."""
    versions = run.provenance.versions
    if versions:
        yield f"Software: {', '.join(f'{name} {version}' for name, version in versions.items())}."
    parts = []
    if run.provenance.device:
        parts.append(f"on {run.provenance.device}")
    if workers := run.budget().get("workers"):
        parts.append(f"by {many(workers, 'worker')}")
    if run.budget().get("ray"):
        parts.append("on a Ray cluster")
    spent = spent_on(run)
    if spent["hours"]:
        parts.append(f"in {spent['hours']:.2g} hours of the clock and {spent['core_hours']:.2g} core-hours")
    if parts:
        yield f"Training was done {enumeration(parts)}."
