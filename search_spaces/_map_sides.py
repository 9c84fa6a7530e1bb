"""How large the maps of the space cnn are, and what is therefore the same as something else.

unreachable(64)             # ("depth 5 at 64 px after patch_2: the last map is one pixel: …", …)
"""

from __future__ import annotations

import math
from itertools import product

DEPTHS = (2, 5)
STEMS = {"plain": 1, "patch_2": 2, "patch_4": 4}  # side of a patch
DOWNSAMPLING = ("max_pool", "average_pool", "stride")


def unreachable(size: int) -> tuple[str, ...]:
    """What has no effect on films of size×size pixels, or is the same as something else, in plain words."""
    remarks: dict[tuple[str, str], list[str]] = {}
    for stem, depth in product(STEMS, range(DEPTHS[0], DEPTHS[1] + 1)):
        network = f"depth {depth} at {size} px" + ("" if stem == "plain" else f" after {stem}")
        for downsampling in DOWNSAMPLING:
            sides = _sides(math.ceil(size / STEMS[stem]), depth, downsampling)
            if 1 in sides[:-1]:
                idle = f"from block {sides.index(1) + 1} on a map is one pixel, nothing is left to halve"
                remarks.setdefault((network, idle), []).append(downsampling)
            if sides[-1] == 1:
                same = "the last map is one pixel: heads average, max and flatten are the same, both has it twice"
                remarks.setdefault((network, same), []).append(downsampling)
    return tuple(
        f"{network}{'' if by == list(DOWNSAMPLING) else ' with ' + ' or '.join(by)}: {what}"
        for (network, what), by in remarks.items()
    )


def _sides(side: int, depth: int, downsampling: str) -> list[int]:
    """The side of what each block takes, the first one's given, and of what the last one gives."""
    sides = [side]
    for _ in range(depth):
        halved = math.ceil(sides[-1] / 2) if downsampling == "stride" else sides[-1] // 2
        sides.append(max(1, halved))
    return sides
