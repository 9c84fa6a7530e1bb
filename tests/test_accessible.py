"""Pages for whoever reads them otherwise: axe-core's checks in the real browser, wide and narrow, light and dark."""

from __future__ import annotations

from collections.abc import Mapping
from importlib import metadata
from pathlib import Path
from typing import Any

import pytest
from devtools import CHROMIUM, Browser
from predicted_runs import predicted_run

from reports._page.build import build_report
from xrays.tasks import TASKS

# A package that has axe-core in it; its own code, which drives another browser, is not used.
CARRIER = "axe-playwright-python"
# As found in the page: which rule, how bad, where, and why.
RUN = """axe.run(document, {resultTypes: ["violations"]}).then((found) => found.violations.map((rule) =>
  [rule.id, rule.impact, rule.nodes.length, rule.nodes[0].html.slice(0, 200), rule.nodes[0].failureSummary]))"""


def axe() -> str:
    """The script; "" where its carrier is not installed."""
    try:
        files = metadata.files(CARRIER) or []
    except metadata.PackageNotFoundError:
        return ""
    return next(Path(str(file.locate())).read_text() for file in files if file.name == "axe.min.js")


pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(CHROMIUM is None, reason="Chromium is not installed (apt-get install chromium)"),
    pytest.mark.skipif(not axe(), reason=f"axe-core is not there (pip install --no-deps {CARRIER})"),
]


def violations(browser: Browser, page: Path, width: int, scheme: str) -> list[Any]:
    """What axe-core finds wrong when everything is drawn and unfolded."""
    size: Mapping[str, Any] = {"width": width, "height": 900, "deviceScaleFactor": 1, "mobile": width < 600}
    browser.call("Emulation.setDeviceMetricsOverride", **size)
    browser.call("Emulation.setEmulatedMedia", features=[{"name": "prefers-color-scheme", "value": scheme}])
    browser.open(page)
    browser.until("document.querySelectorAll('.js-plotly-plot').length === document.querySelectorAll('.plot').length")
    browser.tell("document.querySelectorAll('details').forEach((each) => { each.open = true; })")
    browser.tell(f"{axe()}; 1")
    found: list[Any] = browser.tell(RUN)
    return found


def test_a_fault_is_found(browser: Browser, tmp_path: Path) -> None:
    page = tmp_path / "page.html"
    page.write_text('<!doctype html><html lang="en"><title>T</title><main><h1>T</h1><img src="data:,"></main></html>')
    assert [rule for rule, *_ in violations(browser, page, 1400, "light")] == ["image-alt"]


def test_the_report_has_no_violation(browser: Browser, tmp_path: Path) -> None:
    runs = [predicted_run(tmp_path, task, [0.9, 0.6, 1.2], name=task) for task in TASKS]
    page = build_report(runs, tmp_path / "report.html")
    assert violations(browser, page, 1400, "light") == []
    assert violations(browser, page, 420, "dark") == []
