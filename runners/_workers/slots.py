"""Which workers of a search there are, which of them are ready, and which are given up.

slots = Slots(workers)
slots.there                             # numbers of the slots that are still used
slots.died(3, died)                     # a fresh worker takes its place; whether the job that it had is to blame
"""

from __future__ import annotations

from collections.abc import Sequence

from runners._workers.protocol import Died, Workers
from xrays.errors import UserError

STARTS = 3  # workers in a row that end before they have begun a job, until their slot is given up


class Slots:
    """ready: whose worker waits for a job or has one; given_up: whose workers cannot start."""

    def __init__(self, workers: Workers) -> None:
        self.workers = workers
        self.ready: set[int] = set()
        self.given_up: set[int] = set()
        self._in_vain: dict[int, int] = {}

    @property
    def there(self) -> Sequence[int]:
        return [slot for slot in self.workers.slots if slot not in self.given_up]

    def refresh(self, slot: int) -> None:
        """Between trials."""
        if self.workers.refresh(slot):
            self.ready.discard(slot)

    def replace(self, slot: int) -> None:
        self.ready.discard(slot)
        self.workers.replace(slot)

    def works(self, slot: int) -> None:
        """Its worker has answered to a job."""
        self._in_vain[slot] = 0

    def without(self, died: Died) -> str:
        """What a user is told of a slot that is given up."""
        return f"{died.reason}; {STARTS} times in a row, so it goes on with {len(self.there)} workers"

    def died(self, slot: int, died: Died) -> bool:
        """Whether it had begun the job that it was sent. One that dies before it was ready, or of the job before, has
        not. Afterwards there is a fresh worker, or the slot is given up. Raises UserError when none is left."""
        begun = slot in self.ready and died.begun
        self._in_vain[slot] = 0 if begun else self._in_vain.get(slot, 0) + 1
        if self._in_vain[slot] < STARTS:
            self.replace(slot)
            return begun
        self.ready.discard(slot)
        self.given_up.add(slot)
        if not self.there:
            large = died.failure == "out of memory"
            raise UserError(
                f"no worker can start: {died.reason}",
                "memory for the backend and a network" if large else "workers that load Keras and its backend",
                "the same command with --workers 1, or a larger --worker-memory" if large else "pip install -e .",
            )
        return begun
