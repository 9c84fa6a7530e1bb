"""What the backend computes on, seen from inside of a worker.

device, policy = device_and_policy("mixed")        # "CPU, 2 cores (tensorflow)", "mixed_bfloat16"
"""

from __future__ import annotations

import keras

from xrays.cores import usable_cores


def device_and_policy(precision: str) -> tuple[str, str]:
    """(name for the user, Keras's dtype policy), in any backend's words. precision: float32 or mixed."""
    names = [str(name) for name in keras.distribution.list_devices()]
    accelerators = [name for name in names if not name.lower().startswith("cpu")]
    backend = keras.backend.backend()
    # bfloat16 needs no loss scaling; graphics cards before 2020 only do float16 fast.
    mixed = "mixed_float16" if accelerators else "mixed_bfloat16"
    policy = mixed if precision == "mixed" else "float32"
    if accelerators:
        return f"{len(accelerators)} × {accelerators[0].split(':')[0].upper()} ({backend})", policy
    return f"CPU, {usable_cores()} cores ({backend})", policy
