"""Where a search's pretrained weights come from: nowhere, ImageNet, or the user's own files.

    weights = weights_named("imagenet", ["densenet121", "mobilenetv2"], say)
    weights.files["densenet121"].path, weights.label         # ~/.keras/models/densenet121_…_notop.h5, "imagenet"

Keras downloads the ImageNet weights itself, in a process of its own: the search's driver never loads a backend.
"""

from __future__ import annotations

import hashlib
import os
import subprocess
import sys
import tempfile
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from search_spaces._backbones import BACKBONES, Backbone
from search_spaces._file_layers import ACCEPTED, CONVERT
from search_spaces._weight_files import backbone_in, find_backbone, fingerprint
from xrays.errors import UserError
from xrays.next_command import option

SILENCE = 20.0  # seconds without a byte after which a download is given up
FETCH = "import sys; from runners._inputs.weights import fetch; fetch(sys.argv[1])"

Say = Callable[[str], None]


@dataclass(frozen=True)
class WeightFile:
    """path: absolute; fingerprint: of its content."""

    path: Path
    fingerprint: str


@dataclass(frozen=True)
class Weights:
    """given: `none`, `imagenet` or a path, as typed; files: of each backbone that has weights, empty for `none`."""

    given: str
    files: Mapping[str, WeightFile]

    @property
    def label(self) -> str:
        """What the weights are called in a run's identity: none, imagenet, or NAME@HASH of a file or folder. The hash
        is of the files that are used, not of where they lie."""
        if self.given in ("none", "imagenet"):
            return self.given
        held = "".join(f"{name} {file.fingerprint}\n" for name, file in sorted(self.files.items()))
        name = Path(self.given).expanduser().resolve().name
        return f"{name}@{hashlib.sha256(held.encode()).hexdigest()[:8]}"


NO_WEIGHTS = Weights("none", {})


def weights_named(given: str, names: Sequence[str], say: Say) -> Weights:
    """The weights that `--weights given` means for the backbones `names`: those of one file, of all files of a
    folder, or ImageNet's for every name. Raises UserError when there are none or they cannot be had."""
    if given == "none":
        return NO_WEIGHTS
    if given == "imagenet":
        paths = {name: _imagenet(BACKBONES[name], say) for name in names}
    else:
        path = Path(given).expanduser().resolve()
        paths = _in_folder(path, names, say) if path.is_dir() else {find_backbone(path, names): path}
    return Weights(given, {name: WeightFile(path, fingerprint(path)) for name, path in paths.items()})


def fetch(name: str) -> None:
    """Downloads a backbone's ImageNet weights into Keras's cache. For a process of its own: it loads Keras, sets the
    sockets' timeout, and ends the process with the reason when the weights cannot be had."""
    import socket

    import keras

    socket.setdefaulttimeout(SILENCE)
    try:
        application = getattr(keras.applications, BACKBONES[name].application)
        application(include_top=False, weights="imagenet", input_shape=(224, 224, 3))
    except Exception as error:  # Keras raises bare Exceptions when a download fails
        sys.exit(next(iter(str(error).strip().splitlines()), type(error).__name__))


def _in_folder(folder: Path, names: Sequence[str], say: Say) -> dict[str, Path]:
    """The folder's `*.h5` by the name that they fit. Files that fit none of the names are left out and told of; one
    that cannot be read is an error, since nobody knows what it was meant for."""
    if (folder / "saved_model.pb").exists():
        raise UserError(f"--weights {folder} is a SavedModel of TensorFlow", ACCEPTED, CONVERT)
    paths: dict[str, Path] = {}
    for path in sorted(folder.glob("*.h5")):
        name = backbone_in(path)
        if name is None or name not in names:
            say(f"weights  {path.name} is left out: it {f'holds {name}' if name else 'fits no backbone'}")
        elif name in paths:
            raise UserError(
                f"--weights {folder} holds {name}'s weights twice: {paths[name].name} and {path.name}",
                "a folder with one file a backbone",
                f"{option('weights', path)}, or move one of them away",
            )
        else:
            paths[name] = path
    if not paths:
        raise UserError(
            f"--weights {folder} holds no weights of {' or '.join(names)}",
            "a folder with .h5 files of weights, each for another backbone",
            "--weights PATH, --weights imagenet or --weights none",
        )
    return {name: paths[name] for name in names if name in paths}


def _imagenet(backbone: Backbone, say: Say) -> Path:
    """The file in Keras's cache, downloaded when it is not there."""
    path = Path(os.environ.get("KERAS_HOME") or "~/.keras").expanduser().resolve() / "models" / backbone.file
    if not path.exists():
        megabytes = 4 * backbone.parameters / 1e6
        say(f"weights  fetching {backbone.application}'s of ImageNet, {megabytes:.0f} MB, to {path}")
        _download(backbone, path)
    try:
        find_backbone(path, [backbone.name])
    except UserError as error:
        raise UserError(
            f"--weights imagenet: {error.given.removeprefix('--weights ')}",
            f"{backbone.application}'s weights as Keras downloads them",
            f"delete {path}, then --weights imagenet fetches it again",
        ) from error
    return path


def _download(backbone: Backbone, path: Path) -> None:
    """Downloads to a folder beside `path` and moves the file when it is complete: Keras writes under the last name
    from the start, and takes what a kill left there for the whole file."""
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(dir=path.parent, prefix=".fetching-") as home:
            # Without a GPU: it may be in use, and there is nothing to compute.
            environment = {
                **os.environ,
                "KERAS_HOME": home,
                "TF_CPP_MIN_LOG_LEVEL": "3",
                "CUDA_VISIBLE_DEVICES": "-1",
            }
            done = subprocess.run(
                [sys.executable, "-c", FETCH, backbone.name],
                cwd=Path(__file__).parents[2],
                env=environment,
                capture_output=True,
                text=True,
                errors="replace",
                check=False,
            )
            if done.returncode:
                lines = done.stderr.strip().splitlines() or [f"exit code {done.returncode}"]
                raise _unreachable(backbone, lines[-1], path.parent)
            (Path(home) / "models" / backbone.file).replace(path)
    except OSError as error:
        raise _unreachable(backbone, str(error), path.parent) from error


def _unreachable(backbone: Backbone, reason: str, cache: Path) -> UserError:
    return UserError(
        f"--weights imagenet: {backbone.application}'s weights cannot be downloaded ({reason})",
        f"weights that are in {cache} already, a file or folder of .h5 weights, or random ones",
        "--weights PATH or --weights none",
    )
