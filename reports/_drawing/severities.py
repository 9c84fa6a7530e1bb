"""What severities of findings are called, on every page that sorts by them."""

from __future__ import annotations

from xrays.audit._finding import Severity

HEADINGS: dict[Severity, str] = {
    "problem": "Problems",
    "hint": "Hints",
    "passed": "Passed",
    "not applicable": "Not applicable",
}
