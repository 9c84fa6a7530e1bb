"""What `explain` leaves in a run folder, without explaining anything.

save_explained(store.path, *explained(trial=3))
"""

from __future__ import annotations

from typing import Any

import numpy as np

from xrays.pictures import png


def explained(**changes: Any) -> tuple[dict[str, Any], dict[str, bytes]]:
    """Numbers and pictures of one mean and one film."""
    content = png(np.zeros((4, 4), np.uint8))
    numbers = {
        "task": "age", "network": "fold", "run": "run", "trial": 0, "fold": 0, "reproduced": True,
        "films": 40, "blank": 0, "size": 64, "layer": "conv", "map": [16, 16],
        "created": "2026-01-02T03:04:05+00:00", "versions": {"cxr-automl": "9.8.7"},
        "border": {"width": 0.1, "area": 0.36, "share": 0.5, "interval": [0.45, 0.55], "shuffled": [0.33, 0.38, 0.35],
                   "verdict": "above"},
        "sanity": {"draws": 3, "films": 32, "alike": 0.25, "chance": 0.21, "verdict": "chance"},
        "groups": [{"of": {"gender": "male", "age": "30–49"}, "films": 9, "groups": 8, "patients": 8, "unknown": 0,
                    "border": 0.4, "picture": "mean.png"}],
        "few": [{"of": {"gender": "female", "age": "70–79"}, "films": 9, "groups": 1, "patients": 1, "unknown": 0}],
        "fewest": 8,
        "shown": [{"kind": "worst", "film": "7", "label": 20.0, "prediction": 61.0, "border": None,
                   "picture": "a.png", "overlay": "b.png"}],
    }  # fmt: skip
    return {**numbers, **changes}, {"mean.png": content, "a.png": content, "b.png": content}
