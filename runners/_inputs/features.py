"""Where the features of frozen backbones are kept: beside the films, or where those cannot be written, in a folder of
this user's for temporary files, for all of his searches.

features_folder(Path("data/nih64"))          # data/nih64/features
"""

from __future__ import annotations

import os
import tempfile
from pathlib import Path

NAME = "features"
CACHE_GB = 10.0  # that features may take, unless --cache-gb says otherwise


def features_folder(films: Path) -> Path:
    """films: the prepared folder. The folder of its features exists and can be written, unless neither of the two can
    be made; then it is the one beside the films."""
    beside = films / NAME
    elsewhere = Path(tempfile.gettempdir()) / f"cxr-automl-{NAME}-{os.getuid()}"
    if _writable(beside):
        return beside
    # Anybody can make a folder among temporary files, and features from strangers are as good as weights.
    usable = _writable(elsewhere, 0o700) and elsewhere.stat().st_uid == os.getuid()
    return elsewhere if usable else beside


def _writable(folder: Path, mode: int = 0o777) -> bool:
    """Tried, since rights say nothing about a disk that is mounted for reading."""
    try:
        folder.mkdir(mode, exist_ok=True)
        with tempfile.TemporaryFile(dir=folder):
            return True
    except OSError:
        return False
