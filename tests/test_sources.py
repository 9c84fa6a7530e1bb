"""Where films come from: kagglehub's own download code against a server on this machine, its cache, a folder.

Nothing here reaches the internet: kagglehub is pointed at a local port, and other names are not looked up.
"""

from __future__ import annotations

import gc
import io
import json
import os
import socket
import threading
import zipfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest
from cli_process import called
from film_folders import film_folder
from kagglesdk import kaggle_env  # type: ignore[import-untyped]

import xrays.sources
from xrays.errors import UserError
from xrays.phantom.sample import write_sample
from xrays.sources import Order, layout_of, load_source, source_names
from xrays.sources.spr import SPR_HANDLE

LOCAL = "127.0.0.1"

# kagglehub does not close the connection of a download that the server refused.
pytestmark = pytest.mark.filterwarnings("ignore:unclosed <socket:ResourceWarning")


def spr_zip(films: int) -> bytes:
    """The set's archive with so many films (empty files: nothing is decoded here)."""
    content = io.BytesIO()
    with zipfile.ZipFile(content, "w") as archive:
        for film in range(films):
            archive.writestr(f"kaggle/kaggle/train/{film:06d}.png", b"")
        archive.writestr("train_age.csv", "imageId,age\n" + "".join(f"{film},50.0\n" for film in range(films)))
        archive.writestr("train_gender.csv", "imageId,gender\n" + "".join(f"{film},0\n" for film in range(films)))
    return content.getvalue()


@dataclass
class Kaggle:
    """A stand-in for Kaggle's server: `newest` version, archives by version, and what it was asked."""

    newest: int = 3
    archives: dict[int, bytes] = field(default_factory=lambda: {2: spr_zip(2), 3: spr_zip(3), 4: spr_zip(4)})
    asked: list[tuple[str, Any]] = field(default_factory=list)

    def answer(self, path: str, request: dict[str, Any]) -> tuple[int, str, bytes]:
        """(status, content type, body)"""
        call = path.rsplit("/", 1)[-1]
        self.asked.append((call, request.get("datasetVersionNumber")))
        assert f"{request['ownerSlug']}/{request['datasetSlug']}" == SPR_HANDLE
        if call == "GetDataset":
            return 200, "application/json", json.dumps({"currentVersionNumber": self.newest}).encode()
        archive = self.archives.get(int(request["datasetVersionNumber"]))
        return (404, "text/plain", b"") if archive is None else (200, "application/zip", archive)


@pytest.fixture(scope="module", autouse=True)
def _only_what_these_tests_make_is_looked_through() -> None:
    """Each looks for garbage when it ends, which among all that a process has made before takes most of a second."""
    gc.collect()
    gc.freeze()


@pytest.fixture(autouse=True)
def cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """An empty cache of kagglehub, no credentials, and a server that refuses every connection."""
    for name in list(os.environ):
        if name.startswith(("KAGGLE", "COLAB_", "TBE_")) or name.lower().endswith("_proxy"):
            monkeypatch.delenv(name)
    (tmp_path / "home").mkdir()
    monkeypatch.setenv("HOME", str(tmp_path / "home"))
    monkeypatch.setenv("KAGGLEHUB_CACHE", str(tmp_path / "cache"))
    # It reads the source of every caller, to say in its name who they are.
    monkeypatch.setattr("kagglehub.clients.search_lib_in_call_stack", lambda library: None)

    look_up = socket.getaddrinfo

    def only_here(host: Any, *rest: Any, **named: Any) -> Any:
        assert host in (LOCAL, "localhost"), f"{host} was looked up"
        return look_up(host, *rest, **named)

    monkeypatch.setattr(socket, "getaddrinfo", only_here)
    with socket.socket() as taken:  # bound and not listening: refuses at once
        taken.bind((LOCAL, 0))
        point_at(monkeypatch, taken.getsockname()[1])
        yield tmp_path / "cache" / "datasets" / SPR_HANDLE
    gc.collect()  # what is not closed is dropped here, not in another file's test


def point_at(monkeypatch: pytest.MonkeyPatch, port: int) -> None:
    """There is no environment variable for any port, so the table of endpoints is changed."""
    endpoints = kaggle_env._env_to_endpoint
    monkeypatch.setitem(endpoints, kaggle_env.KaggleEnv.PROD, f"http://{LOCAL}:{port}")


@pytest.fixture
def kaggle(cache: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Kaggle]:
    """The server, up."""
    state = Kaggle()

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            status, kind, content = state.answer(self.path, json.loads(body))
            self.send_response(status)
            self.send_header("Content-Type", kind)
            self.send_header("Content-Length", str(len(content)))
            self.end_headers()
            self.wfile.write(content)

        def log_message(self, *_: Any) -> None: ...

    with ThreadingHTTPServer((LOCAL, 0), Handler) as server:
        thread = threading.Thread(target=lambda: server.serve_forever(poll_interval=0.01))
        thread.start()
        point_at(monkeypatch, server.server_address[1])
        yield state
        server.shutdown()
        thread.join()


def in_cache(cache: Path, version: int, *, complete: bool = True, films: int = 2) -> Path:
    """What kagglehub leaves: versions/N with all files, and N.complete when it got to the end."""
    folder = cache / "versions" / str(version)
    with zipfile.ZipFile(io.BytesIO(spr_zip(films))) as archive:
        archive.extractall(folder)
    if complete:
        (cache / f"{version}.complete").touch()
    return folder


def spr(version: int | None = None, say: Callable[[str], None] = pytest.fail) -> Any:
    options = {} if version is None else {"version": str(version)}
    return layout_of("spr", Order(Path("unused"), options=options, say=say))


class TestOnline:
    def test_the_newest_version_is_fetched_and_recorded(self, cache: Path, kaggle: Kaggle) -> None:
        layout = spr()
        assert layout.about == {"source": f"kaggle {SPR_HANDLE}", "version": 3}
        assert layout.name == "spr" and layout.place == cache / "versions/3"
        assert len(layout.ids) == 3
        assert [call for call, _ in kaggle.asked] == ["GetDataset", "DownloadDataset"]

    def test_the_newest_in_the_cache_is_not_fetched_again(self, cache: Path, kaggle: Kaggle) -> None:
        in_cache(cache, 3)
        assert spr().about["version"] == 3
        assert [call for call, _ in kaggle.asked] == ["GetDataset"]

    def test_a_newer_one_than_in_the_cache_is_fetched(self, cache: Path, kaggle: Kaggle) -> None:
        in_cache(cache, 3)
        kaggle.newest = 4
        layout = spr()
        assert layout.about["version"] == 4
        assert len(layout.ids) == 4

    def test_one_that_is_not_complete_is_fetched_again(self, cache: Path, kaggle: Kaggle) -> None:
        in_cache(cache, 3, complete=False, films=1)
        assert len(spr().ids) == 3

    def test_a_version_that_is_asked_for(self, kaggle: Kaggle) -> None:
        layout = spr(2)
        assert layout.about["version"] == 2
        assert len(layout.ids) == 2
        assert [call for call, _ in kaggle.asked] == ["DownloadDataset"]

    def test_a_version_in_the_cache_asks_no_server(self, cache: Path, kaggle: Kaggle) -> None:
        folder = in_cache(cache, 2)
        assert spr(2).place == folder
        assert kaggle.asked == []

    def test_a_version_that_there_is_not(self, kaggle: Kaggle) -> None:
        with pytest.raises(UserError) as caught:
            spr(9)
        assert f"{SPR_HANDLE}/versions/9 cannot be fetched" in caught.value.given

    def test_what_was_fetched_serves_offline(
        self, kaggle: Kaggle, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
    ) -> None:
        folder = spr().place
        with socket.socket() as taken:
            taken.bind((LOCAL, 0))
            point_at(monkeypatch, taken.getsockname()[1])
            said: list[str] = []
            again = spr(say=said.append)
            assert "taking version 3" in said[0]
        assert again.place == folder and again.about["version"] == 3


class TestOffline:
    def test_the_newest_complete_version(self, cache: Path) -> None:
        """By number, not by text; 11 broke off."""
        for version in (2, 9, 10):
            in_cache(cache, version)
        in_cache(cache, 11, complete=False)
        said: list[str] = []
        layout = spr(say=said.append)
        assert "cannot be fetched" in said[0] and "taking version 10" in said[0]
        assert layout.place == cache / "versions/10"
        assert layout.about == {"source": f"kaggle {SPR_HANDLE}", "version": 10}

    def test_a_version_whose_files_were_removed(self, cache: Path) -> None:
        in_cache(cache, 2)
        (cache / "3.complete").touch()
        (cache / "versions/3").mkdir()
        assert spr(say=str).about["version"] == 2

    def test_a_version_that_is_asked_for(self, cache: Path) -> None:
        for version in (2, 3):
            in_cache(cache, version)
        layout = spr(2)
        assert layout.place == cache / "versions/2" and layout.about["version"] == 2

    @pytest.mark.parametrize("version", [None, 3])
    def test_nothing_to_take(self, cache: Path, version: int | None) -> None:
        in_cache(cache, 3, complete=False)
        with pytest.raises(UserError) as caught:
            spr(version)
        error = caught.value
        assert f"{SPR_HANDLE}{'' if version is None else '/versions/3'} cannot be fetched" in error.given
        assert str(cache) in error.accepted
        assert "python cli.py prepare DIR" in error.remedy and "python cli.py prepare sample" in error.remedy
        assert "\n" not in error.given


class TestCache:
    @pytest.mark.parametrize("given", ["", "elsewhere", None])
    def test_it_is_where_kagglehub_has_it(
        self, given: str | None, kaggle: Kaggle, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """Fetched by kagglehub, then found by us with no connection."""
        monkeypatch.chdir(tmp_path)
        if given is None:
            monkeypatch.delenv("KAGGLEHUB_CACHE")
            monkeypatch.setattr("kagglehub.config.DEFAULT_CACHE_FOLDER", str(tmp_path / "home/.cache/kagglehub"))
        else:
            monkeypatch.setenv("KAGGLEHUB_CACHE", given)
        folder = spr().place.resolve()
        kaggle.archives.clear()
        assert spr(3).place.resolve() == folder
        assert folder.is_relative_to(tmp_path) and folder.name == "3"

    @pytest.mark.parametrize("share", [0.3, 0.9])
    def test_a_cut_download_says_what_to_delete(self, share: float, cache: Path, kaggle: Kaggle) -> None:
        whole = kaggle.archives[3]
        kaggle.archives[3] = whole[: int(len(whole) * share)]
        with pytest.raises(UserError) as caught:
            spr()
        assert "cut or damaged" in caught.value.given
        assert caught.value.remedy == f"rm {cache}/3.archive, then the same command again"
        (cache / "3.archive").unlink()
        kaggle.archives[3] = whole
        assert len(spr().ids) == 3


class TestKaggleNotebook:
    @pytest.fixture
    def notebook(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
        """Where sets are mounted."""
        monkeypatch.setenv("KAGGLE_KERNEL_RUN_TYPE", "Interactive")
        monkeypatch.setenv("KAGGLE_CACHE_MOUNT_FOLDER", str(tmp_path / "input"))
        return tmp_path / "input"

    @pytest.mark.parametrize("place", [SPR_HANDLE.split("/")[1], f"datasets/{SPR_HANDLE}"])
    def test_the_mounted_set_is_used_in_its_place(self, notebook: Path, place: str, cache: Path) -> None:
        """With no connection, and nothing is copied."""
        with zipfile.ZipFile(io.BytesIO(spr_zip(2))) as archive:
            archive.extractall(notebook / place)
        said: list[str] = []
        layout = spr(say=said.append)
        assert layout.place == notebook / place and "mounted" in said[0]
        assert all(Path(path).is_relative_to(notebook) for path in layout.paths) and not cache.exists()
        assert layout.about["version"] is None and layout.words == ("spr",)

    def test_one_that_is_not_mounted_yet_is_attached(
        self, notebook: Path, cache: Path, kaggle: Kaggle, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """By kagglehub, which asks the notebook's own server."""
        from kagglehub.clients import KaggleJwtClient

        for name in ("KAGGLE_DATA_PROXY_URL", "KAGGLE_USER_SECRETS_TOKEN", "KAGGLE_DATA_PROXY_TOKEN"):
            monkeypatch.setenv(name, f"http://{LOCAL}")

        def attach(client: Any, name: str, data: dict[str, Any], timeout: Any) -> dict[str, Any]:
            with zipfile.ZipFile(io.BytesIO(spr_zip(3))) as archive:
                archive.extractall(notebook / "spr")
            return {"mountSlug": "spr", "versionNumber": 3}

        monkeypatch.setattr(KaggleJwtClient, "post", attach)
        layout = spr(say=str)
        assert layout.place == notebook / "spr" and len(layout.ids) == 3 and not cache.exists()
        assert kaggle.asked == []


class TestFolder:
    def test_a_folder_is_taken_as_it_is(self, tmp_path: Path) -> None:
        folder = film_folder(tmp_path / "my films")
        layout = layout_of(str(folder), Order(tmp_path / "unused", say=pytest.fail))
        assert (layout.place, layout.name) == (folder, "my films")
        assert layout.about == {"source": str(folder)} and not layout.synthetic

    def test_it_is_named_by_its_real_name(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        film_folder(tmp_path / "nih")
        monkeypatch.chdir(tmp_path / "nih")
        assert layout_of(".", Order(tmp_path, say=pytest.fail)).name == "nih"

    def test_it_stands_alone(self, tmp_path: Path) -> None:
        with pytest.raises(UserError, match="is no source"):
            layout_of(str(tmp_path), Order(tmp_path, tmp_path))

    def test_neither_folder_nor_source(self, tmp_path: Path) -> None:
        with pytest.raises(UserError) as caught:
            layout_of("padchest", Order(tmp_path))
        assert caught.value.given == "padchest is neither a folder nor a source"
        assert all(name in caught.value.accepted for name in source_names())
        assert "python cli.py prepare sample" in caught.value.remedy

    def test_a_folder_called_like_a_source(
        self, cache: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        in_cache(cache, 2)
        film_folder(tmp_path / "spr")
        monkeypatch.chdir(tmp_path)
        said: list[str] = []
        assert layout_of("spr", Order(tmp_path, say=said.append)).place == cache / "versions/2"
        assert "python cli.py prepare ./spr" in said[0]
        assert layout_of("./spr", Order(tmp_path, say=pytest.fail)).place == Path("spr")


class TestOrders:
    @pytest.fixture
    def typed(self, monkeypatch: pytest.MonkeyPatch) -> list[Order]:
        """What sources are ordered, which give nothing."""
        orders: list[Order] = []

        def keep(word: str, order: Order) -> Any:
            orders.append(order)
            raise UserError(word, "nothing", "nothing")

        monkeypatch.setattr("runners._commands.prepare.layout_of", keep)
        return orders

    def test_what_is_typed_to_have_it_again(self) -> None:
        order = Order(Path("unused"), Path("my films"), {"labels": "a b.csv", "other_one": "3"})
        assert order.words("x") == ("x", "my films", "--labels", "a b.csv", "--other-one", "3")

    @pytest.mark.parametrize("word", [".", "sample"])
    def test_an_option_that_is_not_taken_names_who_takes_it(self, word: str, tmp_path: Path) -> None:
        with pytest.raises(UserError) as caught:
            layout_of(word, Order(tmp_path, options={"version": "3"}))
        assert caught.value.given == f"--version 3 with prepare {word}"
        assert caught.value.accepted == "only with prepare spr"
        assert caught.value.remedy == f"python cli.py prepare {word}"

    @pytest.mark.parametrize("source", source_names())
    def test_every_option_of_a_source_can_be_typed(self, source: str, tmp_path: Path, typed: list[Order]) -> None:
        options = {name: f"value of {name}" for name in load_source(source).OPTIONS}
        order = Order(tmp_path / "data", tmp_path if load_source(source).FOLDER else None, options)
        called("prepare", *order.words(source), cwd=tmp_path)
        assert typed[0].options == options and typed[0].folder == order.folder

    @pytest.mark.parametrize("source", [name for name in source_names() if not load_source(name).FOLDER])
    def test_a_folder_that_is_not_taken(self, source: str, tmp_path: Path) -> None:
        with pytest.raises(UserError, match="takes no folder") as caught:
            layout_of(source, Order(tmp_path, tmp_path))
        assert caught.value.remedy.startswith(f"python cli.py prepare {tmp_path} "), "who has films means these"

    @pytest.mark.parametrize("source", [name for name in source_names() if load_source(name).FOLDER])
    def test_a_folder_that_is_needed(self, source: str, tmp_path: Path) -> None:
        with pytest.raises(UserError, match="without a folder"):
            layout_of(source, Order(tmp_path))
        with pytest.raises(UserError, match="no folder"):
            layout_of(source, Order(tmp_path, tmp_path / "gone"))

    def test_what_is_proposed_without_a_folder_is_all_that_has_to_be_typed(self, tmp_path: Path) -> None:
        for options, typed in (({}, "FILE"), ({"labels": "a.csv", "id": "File"}, "a.csv --id File")):
            with pytest.raises(UserError) as caught:
                layout_of("table", Order(tmp_path, options=options))
            assert caught.value.remedy == f"python cli.py prepare table DIR --labels {typed}"

    def test_a_version_is_a_number(self, tmp_path: Path) -> None:
        with pytest.raises(UserError, match="--version newest"):
            layout_of("spr", Order(tmp_path, options={"version": "newest"}))


class TestSample:
    def test_it_is_drawn_once_and_says_what_it_is(self, tmp_path: Path) -> None:
        drawn = write_sample(tmp_path / "sample-films-1", films=3)
        layout = layout_of("sample", Order(tmp_path))
        assert (layout.place, len(layout.ids)) == (drawn, 3)
        assert layout.about == {"source": "sample"} and layout.synthetic

    def test_it_stays_synthetic_whatever_path_it_is_prepared_from(self, tmp_path: Path) -> None:
        drawn = write_sample(tmp_path / "drawn", films=3)
        moved = drawn.rename(tmp_path / "my films")
        assert layout_of(str(moved), Order(tmp_path)).synthetic


def test_sources_are_found_by_their_own_name() -> None:
    files = Path(xrays.sources.__path__[0]).glob("[!_]*.py")
    assert source_names() == sorted(file.stem for file in files) != []
    assert all(load_source(name).TITLE for name in source_names())
