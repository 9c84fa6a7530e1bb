"""Decodes compressed DICOM pictures by GDCM, in processes of their own: it ends its process over some damaged ones.

    array = by_gdcm(Path("film.dcm"))       # as stored; None where it cannot be decoded

pydicom asks GDCM first; GDCM itself then decodes what pydicom does not ask it for: JPEG of 12 bits, HTJ2K. There are
as many processes as threads ask at once, so that several decode at a time; each lives until a picture ends it or this
process ends. They run this file and import nothing of ours.
"""

from __future__ import annotations

import atexit
import json
import math
import os
import subprocess
import sys
from pathlib import Path
from tempfile import TemporaryFile
from typing import IO, TYPE_CHECKING, Any

if TYPE_CHECKING:
    from numpy.typing import NDArray

MOST_HEARD = 10_000  # bytes
LENGTH = 8  # bytes before a message that say how long it is
_idle: list[subprocess.Popen[bytes]] = []  # taken and given back by threads: pop and append are one step each


def by_gdcm(path: Path) -> NDArray[Any] | None:
    """(H, W) or (H, W, 3) of a file with one picture; None, too, where libjpeg has missed a part of it. Raises
    MemoryError."""
    import numpy as np

    from xrays.pixels.jpeg import is_corrupt  # the other process knows nothing of ours

    process = _taken()
    assert process.stdin and process.stdout
    try:
        _send(process.stdin, os.fsencode(path.absolute()))
        about = json.loads(_received(process.stdout) or "null")
        raw = _received(process.stdout)
    except BrokenPipeError:
        about, raw = None, None
    if about is None or raw is None:  # it has ended over this picture
        _end(process)
        return None
    _idle.append(process)
    if about == "memory":
        raise MemoryError
    if not about or is_corrupt(about["heard"]):
        return None
    return np.frombuffer(bytearray(raw), about["dtype"]).reshape(about["shape"])


def _taken() -> subprocess.Popen[bytes]:
    """One that waits, or else a new one."""
    while _idle:
        try:
            process = _idle.pop()
        except IndexError:  # another thread was faster
            break
        if process.poll() is None:
            return process
        _end(process)
    return subprocess.Popen(
        [sys.executable, "-P", __file__],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        start_new_session=True,  # Ctrl-C ends us, and no picture is called damaged for it
    )


def _end(process: subprocess.Popen[bytes]) -> None:
    process.kill()
    process.communicate()


@atexit.register
def _end_all() -> None:
    while _idle:
        _end(_idle.pop())


def _send(stream: IO[bytes], message: bytes) -> None:
    stream.write(len(message).to_bytes(LENGTH, "big") + message)
    stream.flush()


def _received(stream: IO[bytes]) -> bytes | None:
    """None where the other side has ended."""
    head = stream.read(LENGTH)
    length = int.from_bytes(head, "big")
    message = stream.read(length) if len(head) == LENGTH else b""
    return message if len(head) == LENGTH and len(message) == length else None


def _serve() -> None:
    """What runs in such a process: a path comes in, what is known of the array and then its bytes go out."""
    answers = os.fdopen(os.dup(1), "wb")
    with TemporaryFile() as heard:  # libjpeg says on standard error alone what it has missed
        os.dup2(heard.fileno(), 2)
        os.dup2(2, 1)  # libraries may write what they like
        while (path := _received(sys.stdin.buffer)) is not None:
            about: Any
            about, raw = {}, b""
            heard.truncate(heard.seek(0))
            try:
                array = _decoded(os.fsdecode(path))
                if array is not None:
                    heard.seek(0)
                    told = heard.read(MOST_HEARD).decode("utf-8", "replace")
                    about, raw = {"dtype": array.dtype.str, "shape": array.shape, "heard": told}, array.tobytes()
            except MemoryError:
                about = "memory"
            _send(answers, json.dumps(about).encode())
            _send(answers, raw)


def _decoded(path: str) -> NDArray[Any] | None:
    from pydicom import config, dcmread
    from pydicom.pixels.utils import pixel_array

    config.settings.reading_validation_mode = config.IGNORE
    try:
        return pixel_array(dcmread(path, force=True))
    except MemoryError:
        raise
    except Exception:  # of a dozen kinds, from pydicom and from decoders: there are no pixels for it
        return _decoded_by_gdcm_alone(path)


def _decoded_by_gdcm_alone(path: str) -> NDArray[Any] | None:
    import numpy as np

    try:
        import gdcm
    except ImportError:
        return None
    reader = gdcm.ImageReader()
    reader.SetFileName(path)
    if not reader.Read():
        return None
    image = reader.GetImage()
    kind = image.GetPixelFormat()
    dtype = np.dtype(f"{'iu'[kind.GetPixelRepresentation() == 0]}{kind.GetBitsAllocated() // 8}")
    shape = (image.GetDimension(1), image.GetDimension(0), *([3] if kind.GetSamplesPerPixel() == 3 else []))
    # SWIG gives char* as text, and None for a picture that GDCM could not decode after all.
    array = np.frombuffer((image.GetBuffer() or "").encode("utf-8", "surrogateescape"), dtype)
    return array.reshape(shape) if array.size == math.prod(shape) else None


if __name__ == "__main__":
    _serve()
