"""What the fork server of warm.py has loaded before it forks: what a worker loads when it starts, and no thread.

multiprocessing.get_context("forkserver").set_forkserver_preload(["loaded"])
"""

from __future__ import annotations

from plain_graphs import plain_graphs

from runners._loading import quick_start, without_scikit_learn

plain_graphs()
with quick_start(), without_scikit_learn():
    import runners._training.jobs  # noqa: F401
