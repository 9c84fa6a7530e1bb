"""Which slots of a crew have workers, which of these are ready, and which slots are given up.

slots = Slots(workers)
slots.usable                            # numbers of the slots that are still used
slots.died(3, died)                     # a fresh worker takes its place; whether the job that it had is to blame
"""

from __future__ import annotations

from runners._workers.protocol import Died, Workers
from xrays.errors import UserError

STARTS = 3  # workers in a row that end before they have begun a job, until their slot is given up


class Slots:
    """ready: whose worker waits for a job or has one; given_up: whose workers cannot start."""

    def __init__(self, workers: Workers) -> None:
        """Of these workers all, none of them ready yet."""
        self._workers = workers
        self.ready: set[int] = set()
        self.given_up: set[int] = set()
        self._failed_starts: dict[int, int] = {}

    @property
    def usable(self) -> list[int]:
        """All that are not given up."""
        return [slot for slot in self._workers.slots if slot not in self.given_up]

    def refresh(self, slot: int) -> None:
        """Between trials: a fresh worker where the old one is gone, or may soon be too large."""
        if self._workers.refresh(slot):
            self.ready.discard(slot)

    def replace(self, slot: int) -> None:
        """A fresh worker."""
        self.ready.discard(slot)
        self._workers.replace(slot)

    def answered(self, slot: int) -> None:
        """Its worker has answered to a job."""
        self._failed_starts[slot] = 0

    def died(self, slot: int, died: Died) -> bool:
        """Whether it had begun the job that it was sent. One that dies before it was ready, or of the job before, has
        not. Afterwards there is a fresh worker, or the slot is given up. Raises UserError when none is left."""
        begun = slot in self.ready and died.begun
        self._failed_starts[slot] = 0 if begun else self._failed_starts.get(slot, 0) + 1
        if self._failed_starts[slot] < STARTS:
            self.replace(slot)
            return begun
        self.ready.discard(slot)
        self.given_up.add(slot)
        if not self.usable:
            large = died.failure == "out of memory"
            raise UserError(
                f"no worker can start: {died.reason}",
                "memory for the backend and a network" if large else "workers that load Keras and its backend",
                "the same command with --workers 1, or a larger --worker-memory" if large else "pip install -e .",
            )
        return begun
