"""One job and its answer: epochs are answered, progress is shown, and what comes otherwise is told in full."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator, Sequence
from typing import Any

import pytest
from fake_workers import FakeWorkers, SeveralWorkers, experiment, learning_rate_score

from runners._terminal.bar import job_bar
from runners._workers.conversation import JobFailed, answers, ask, ask_all
from runners._workers.messages import Busy, Epoch, FoldDone, Job, Measure, Measured, Raised, Ready, Train, Verdict
from runners._workers.protocol import Died
from trials.records import Trial

BUSY = Busy("features of densenet121", 1, 2)
ENDED = Died("the worker was killed by SIGABRT", log="free(): invalid pointer")
BROKEN = Raised("ValueError: no", "Traceback …\nValueError: no", "raised")


class Scripted:
    """One slot, which says what is written down for each job, and after its death nothing until it is fresh."""

    def __init__(self, *scripts: Sequence[Any]) -> None:
        self.scripts, self.said = deque(scripts), list[Any]()
        self.replies: deque[Any] = deque([Ready("scripted")])
        self.dead, self.fresh = False, 0

    @property
    def slots(self) -> Sequence[int]:
        return [0]

    def send(self, slot: int, message: Job | Verdict) -> None:
        self.said.append(message)
        if isinstance(message, Job) and not self.dead:
            self.replies += self.scripts.popleft()

    def receive(self, timeout: float) -> list[tuple[int, Any]]:
        assert self.replies, "it would be waited for without end"
        reply = self.replies.popleft()
        self.dead |= isinstance(reply, Died)
        return [(0, reply)]

    def replace(self, slot: int) -> None:
        raise AssertionError("a conversation only refreshes")

    def refresh(self, slot: int) -> bool:
        self.fresh += self.dead
        self.dead = False
        return False

    def end(self, slot: int) -> None:
        raise AssertionError("nobody ends it")


def job(number: int = 0, fold: int = 0) -> Train:
    params = {"learning_rate": 2e-3}
    return Train(Trial(number=number, params=params, recipe={}, max_epochs=8, results_known=0, started=""), fold)


def test_epochs_are_answered_until_no_more_are_wanted() -> None:
    workers, seen = FakeWorkers(experiment(), learning_rate_score), list[Any]()
    done = ask(
        workers, job(fold=2), FoldDone, failed="not trained", go=lambda epoch: epoch.epoch < 5, watch=seen.append
    )
    assert (done.score.fold, done.score.epochs, done.score.complete) == (2, 5, False)
    assert seen[0] == Ready("fake") and [each.epoch for each in seen[1:]] == [1, 2, 3, 4, 5]
    whole = ask(workers, job(), FoldDone, failed="not trained")
    assert whole.score.complete and whole.score.epochs == 8


def test_what_comes_before_the_reply_is_shown_in_its_order() -> None:
    cost, seen = Measured((), 0.5), list[Any]()
    workers = Scripted([BUSY, Epoch(1, 0.5, 1.0), BUSY, cost])
    assert ask(workers, Measure(job().trial), Measured, failed="", watch=seen.append) == cost
    assert seen == [Ready("scripted"), BUSY, Epoch(1, 0.5, 1.0), BUSY]
    assert workers.said == [Measure(job().trial), Verdict(go=True)], "what is shown is not answered"


@pytest.mark.parametrize(("reply", "more"), [(ENDED, "free(): invalid pointer"), (BROKEN, "Traceback …")])
def test_a_job_that_fails_in_the_middle_says_how_in_full(reply: Died | Raised, more: str) -> None:
    with pytest.raises(JobFailed) as caught:
        ask(Scripted([Epoch(1, 0.5, 1.0), reply]), job(), FoldDone, failed="fold 0 could not be trained")
    said = str(caught.value)
    assert said.startswith(f"fold 0 could not be trained: {reply.reason}\n") and more in said
    assert caught.value.reply == reply


def test_after_a_death_the_next_job_is_a_fresh_workers() -> None:
    """Nothing is heard from a dead one ever again: `spaces` would have waited for the second timing without end."""
    cost = Measured((), 0.5)
    workers = Scripted([ENDED], [cost])
    with pytest.raises(JobFailed):
        ask(workers, Measure(job().trial), Measured, failed="")
    assert ask(workers, Measure(job().trial), Measured, failed="") == cost
    assert workers.fresh == 1


def test_a_reply_of_another_kind_is_an_error_of_ours() -> None:
    with pytest.raises(TypeError, match="Train was answered with Measured, not FoldDone"):
        ask(Scripted([Measured((), 0.5)]), job(), FoldDone, failed="")


def test_every_one_of_many_jobs_is_answered_once_on_all_slots() -> None:
    unlucky = {3: ENDED, 5: BROKEN}
    workers = SeveralWorkers(2, experiment(), learning_rate_score, lambda job: unlucky.get(job.trial.number))
    got = {job.trial.number: reply for job, reply in answers(workers, [job(number) for number in range(7)])}
    assert sorted(got) == list(range(7)) and {number: got[number] for number in unlucky} == unlucky
    assert sum(isinstance(reply, FoldDone) for reply in got.values()) == 5
    assert all(each.trained for each in workers.each), "both slots were given jobs"


def test_a_job_is_made_when_a_slot_takes_it() -> None:
    """Each of the networks of a way has its arrays in it: all at once may be gigabytes."""
    workers, made, done = SeveralWorkers(2, experiment(), learning_rate_score), 0, 0

    def jobs() -> Iterator[Train]:
        nonlocal made
        for number in range(6):
            made += 1
            yield job(number)

    for asked, reply in ask_all(workers, jobs(), FoldDone, failed="not trained"):
        done += 1
        assert isinstance(asked, Train) and reply.score.complete and made <= done + 2
    assert done == 6


def test_of_many_jobs_the_first_that_fails_ends_them() -> None:
    workers = SeveralWorkers(2, experiment(), learning_rate_score, lambda job: {2: BROKEN}.get(job.trial.number))
    with pytest.raises(JobFailed, match="refitting failed: ValueError: no"):
        list(ask_all(workers, [job(number) for number in range(9)], FoldDone, failed="refitting failed"))
    assert sum(len(each.trained) for each in workers.each) < 9


def test_a_death_of_an_idle_slot_concerns_no_job() -> None:
    workers = SeveralWorkers(2, experiment(), learning_rate_score)
    workers.each[1].starts_with(ENDED)
    assert [type(reply) for _, reply in answers(workers, [job()])] == [FoldDone]


def test_the_bar_takes_all_that_comes() -> None:
    with job_bar("training", 8, before="starting the worker") as watch:
        for progress in (Ready("CPU"), BUSY, Epoch(1, 0.5, 1.0)):
            watch(progress)
