"""What the processor is called, and whether it computes in bfloat16.

processor()             # "AMD EPYC 9R14"; the architecture where the system tells no name
has_bfloat16()          # False also where the system does not tell
"""

from __future__ import annotations

import platform
from pathlib import Path

from xrays.cores import text_of

BFLOAT16 = {"avx512_bf16", "amx_bf16", "bf16"}  # as Linux spells them, of x86 and ARM


def processor(root: Path = Path("/")) -> str:
    """For telling machines apart. `root` is where it looks."""
    return next(iter(_lines(root, "model name")), "") or platform.machine()


def has_bfloat16(root: Path = Path("/")) -> bool:
    """Whether there are instructions for it: without any a library imitates it, slower than float32. `root` is where
    it looks."""
    flags = [line.split() for name in ("flags", "Features") for line in _lines(root, name)]
    return bool(flags) and all(BFLOAT16 & {*own} for own in flags)


def _lines(root: Path, name: str) -> list[str]:
    """What stands behind the name, for every core."""
    lines = [line.partition(":") for line in text_of(root / "proc/cpuinfo").splitlines()]
    return [value.strip() for key, _, value in lines if key.strip() == name]
