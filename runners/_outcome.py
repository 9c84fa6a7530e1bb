"""How a search ended, or an ablation: said by either, and by whoever calls them.

Outcome("paused", "the time is up")
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal


@dataclass(frozen=True)
class Outcome:
    """How a search or an ablation ended: finished with what it was given, paused by the clock, or stopped by the
    user; and why. remedy: options with which a finished search goes on, None for the others, of which the same
    command is enough."""

    kind: Literal["finished", "paused", "stopped"]
    reason: str
    remedy: str | None = None
