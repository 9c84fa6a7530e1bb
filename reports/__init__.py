"""Run folders in, one HTML page out: what a search found, readable by somebody who did not run it.

    from reports._page.build import build_report
    build_report([RunStore.open(path) for path in paths], Path("runs/report.html"))

A file here without underscore, or a folder with such an `__init__.py` and files of its own beside it, is a section of
the page and is shown by existing: it has `SECTION`, `data` and `show` (see `_section.py`). Listing the sections
imports none of them.
"""

from __future__ import annotations

import importlib
import pkgutil
from typing import TYPE_CHECKING, cast

if TYPE_CHECKING:
    from reports._section import SectionFile


def sections() -> list[str]:
    """Names of the sections, in alphabetical order (their place on the page is `SECTION.order`)."""
    return sorted(module.name for module in pkgutil.iter_modules(__path__) if not module.name.startswith("_"))


def load(name: str) -> SectionFile:
    """The section of that name. Raises ModuleNotFoundError when there is none."""
    return cast("SectionFile", importlib.import_module(f"{__name__}.{name}"))
