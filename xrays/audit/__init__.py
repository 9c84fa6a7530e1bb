"""What is wrong with a collection, told before anything is trained on it.

    audit = look_at(collection)
    audit.of("problem")                 # the entries of that severity, the weightiest first

A file here without underscore is a check and is made by existing: it has `CHECK` and `look(collection)` (see
`_finding.py`), and its name is its code. Listing the checks imports none of them.
"""

from __future__ import annotations

import pkgutil
from importlib import import_module
from typing import TYPE_CHECKING, cast

if TYPE_CHECKING:
    from xrays.audit._finding import CheckFile


def checks() -> list[str]:
    """Codes of the checks, in alphabetical order (their place in an audit is `CHECK.order`)."""
    return sorted(module.name for module in pkgutil.iter_modules(__path__) if not module.name.startswith("_"))


def load(code: str) -> CheckFile:
    """The check of that code. Raises ModuleNotFoundError when there is none."""
    return cast("CheckFile", import_module(f"{__name__}.{code}"))
