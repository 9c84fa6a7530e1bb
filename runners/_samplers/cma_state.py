"""The state of Optuna's CMA-ES as JSON, so that it can travel with a trial.

    ask = Ask(trial.params, attributes=packed(system_attrs))       # {"generation": 3, "optimizer": {…}}
    create_trial(…, system_attrs=unpacked(trial.attributes))

Optuna keeps with every trial the generation that it belongs to, and with the first one of a generation the whole
optimizer, pickled. A run folder holds no pickles: reading one can run anything. Other samplers keep nothing that a
trial's parameters do not say.
"""

from __future__ import annotations

import pickle
from collections.abc import Mapping
from typing import Any

GENERATION, OPTIMIZER = "cma:generation", "cma:optimizer:"
# The best and the worst of the last generations, for a stop that Optuna does not ask for: memory that was never set.
UNUSED = "_funhist_values"


def packed(system: Mapping[str, Any]) -> dict[str, Any]:
    """What a trial must bring back, {} where it is not CMA-ES that proposes."""
    if GENERATION not in system:
        return {}
    parts = sum(key.startswith(OPTIMIZER) for key in system)
    attributes: dict[str, Any] = {"generation": system[GENERATION]}
    if parts:
        optimizer = pickle.loads(bytes.fromhex("".join(system[f"{OPTIMIZER}{part}"] for part in range(parts))))
        state = optimizer.__getstate__()
        attributes["optimizer"] = {name: _plain(value) for name, value in state.items() if name != UNUSED}
    return attributes


def unpacked(attributes: Mapping[str, Any]) -> dict[str, Any]:
    """The inverse of `packed`."""
    if "generation" not in attributes:
        return {}
    system = {GENERATION: attributes["generation"]}
    if "optimizer" in attributes:
        import numpy as np
        from cmaes import CMA  # type: ignore[import-untyped]

        state = {name: np.array(v) if isinstance(v, list) else v for name, v in attributes["optimizer"].items()}
        optimizer = CMA(mean=state["_mean"], sigma=state["_sigma"], population_size=state["_popsize"])
        optimizer.__setstate__({**optimizer.__getstate__(), **state})
        system[f"{OPTIMIZER}0"] = pickle.dumps(optimizer).hex()
    return system


def _plain(value: Any) -> Any:
    """Arrays as lists, NumPy's numbers as Python's; floats keep every bit in JSON."""
    import numpy as np

    return value.tolist() if isinstance(value, np.ndarray | np.generic) else value
