"""All checks on one collection, sorted by how bad is what they found.

audit = look_at(collection)
audit.record()                      # for audit.json
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import asdict, dataclass
from typing import Any

from xrays.audit import checks, load
from xrays.audit._collection import Collection
from xrays.audit._finding import SEVERITIES, Check, CheckFile, Finding, Severity, Table

LAST = 1000  # place of a check that could not be made


@dataclass(frozen=True)
class Entry:
    """code: of the check, which is its file's name."""

    code: str
    check: Check
    finding: Finding


@dataclass(frozen=True)
class Audit:
    """entries: of all checks, by severity, then by their order."""

    collection: Collection
    entries: tuple[Entry, ...]

    def of(self, severity: Severity) -> list[Entry]:
        """Those of a severity."""
        return [entry for entry in self.entries if entry.finding.severity == severity]

    def summary(self) -> dict[str, int]:
        """How many there are of each severity."""
        return {severity: len(self.of(severity)) for severity in SEVERITIES}

    def record(self) -> dict[str, Any]:
        """As audit.json has it."""
        collection = self.collection
        return {
            "audit": collection.name,
            "films": len(collection.ids),
            "pixels": collection.arrays.meta.get("pixels"),
            "summary": self.summary(),
            "checks": [
                {
                    "code": entry.code,
                    "title": entry.check.title,
                    "severity": entry.finding.severity,
                    "found": entry.finding.found,
                    "command": entry.finding.command or None,
                    "figures": entry.finding.figures,
                    "tables": [asdict(part) for part in entry.finding.parts if isinstance(part, Table)],
                }
                for entry in self.entries
            ],
        }


def look_at(
    collection: Collection,
    codes: Iterable[str] | None = None,
    load: Callable[[str], CheckFile] = load,
) -> Audit:
    """Makes all checks, or those of these codes. One that fails says so in its place and costs none of the others."""
    entries = [_entry(code, load, collection) for code in (checks() if codes is None else codes)]
    ordered = sorted(entries, key=lambda each: (SEVERITIES.index(each.finding.severity), each.check.order, each.code))
    return Audit(collection, tuple(ordered))


def _entry(code: str, load: Callable[[str], CheckFile], collection: Collection) -> Entry:
    check = Check(LAST, code, "")
    try:
        file = load(code)
        check = file.CHECK
        return Entry(code, check, file.look(collection))
    except Exception as error:  # whatever a plug-in raises
        said = f"This check could not be made: {type(error).__name__}: {error}"
        return Entry(code, check, Finding("not applicable", said))
