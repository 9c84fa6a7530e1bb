"""Every import of the project, read from its source, and the picture of the house that they make.

    python tests/house.py                  # rooms, levels, arrows and circles of every package; longest files
    python tests/house.py runners          # and, of one package, which room stands on which

A room is a file or a folder that lies directly in a package. An arrow A -> B: a file of A imports one of B, wherever
the import stands. The lowest level imports no other room. A circle: rooms that import each other.
"""

from __future__ import annotations

import ast
import statistics
import sys
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).parents[1]
PACKAGES = ("xrays", "search_spaces", "trials", "runners", "reports")


@dataclass(frozen=True)
class Import:
    """One imported module. at_top: loaded together with the file that imports it."""

    file: str
    line: int
    module: str
    at_top: bool
    typing_only: bool

    @property
    def package(self) -> str:
        return self.file.split("/")[0].removesuffix(".py")

    @property
    def library(self) -> str:
        return self.module.split(".")[0]

    def __str__(self) -> str:
        return f"{self.file}:{self.line} imports {self.module}"


def imports_of(source: str, file: str) -> list[Import]:
    """All imports of a module, also those in functions, and modules named to import_module as a constant."""
    return list(_walk(ast.parse(source), file, at_top=True, typing_only=False))


def project_files() -> list[Path]:
    """cli.py and all files of the packages."""
    return [ROOT / "cli.py", *(file for package in PACKAGES for file in sorted((ROOT / package).rglob("*.py")))]


def project_imports() -> list[Import]:
    """Those of all files, in the order of the files."""
    return [each for file in project_files() for each in imports_of(file.read_text(), str(file.relative_to(ROOT)))]


@dataclass(frozen=True)
class House:
    """A package's rooms, each with those that it imports, and the import that stands for each arrow."""

    arrows: Mapping[str, Mapping[str, Import]]

    @property
    def levels(self) -> dict[str, int]:
        """From 1; rooms of a circle stand on one level."""
        together = {room: frozenset(self._reached(room) & self._reaching(room)) | {room} for room in self.arrows}
        found: dict[frozenset[str], int] = {}

        def level(rooms: frozenset[str]) -> int:
            if rooms not in found:
                below = {together[other] for room in rooms for other in self.arrows[room]} - {rooms}
                found[rooms] = 1 + max(map(level, below), default=0)
            return found[rooms]

        return {room: level(together[room]) for room in self.arrows}

    @property
    def circles(self) -> list[list[str]]:
        """Rooms that import each other, by name."""
        tied = {frozenset(self._reached(room) & self._reaching(room)) for room in self.arrows}
        return sorted(sorted(rooms) for rooms in tied if rooms)

    def _reached(self, room: str) -> set[str]:
        seen: set[str] = set()
        waiting = [room]
        while waiting:
            new = set(self.arrows[waiting.pop()]) - seen
            seen |= new
            waiting += new
        return seen

    def _reaching(self, room: str) -> set[str]:
        return {other for other in self.arrows if room in self._reached(other)}


def house_of(package: str, imports: list[Import]) -> House:
    """package: one of PACKAGES; imports: those of the whole project."""
    inside = [file for file in sorted((ROOT / package).iterdir()) if file.suffix == ".py" or _is_package(file)]
    rooms = [file.stem for file in inside if file.name != "__init__.py"]
    arrows: dict[str, dict[str, Import]] = {room: {} for room in rooms}
    for found in imports:
        parts, target = found.file.removesuffix(".py").split("/"), found.module.split(".")
        if parts[0] != package or parts[1] not in arrows or target[0] != package or len(target) == 1:
            continue
        if target[1] in arrows and target[1] != parts[1]:
            arrows[parts[1]].setdefault(target[1], found)
    return House(arrows)


def picture(package: str, imports: list[Import]) -> str:
    """A line: `runners: 21 rooms, 6 levels, 53 arrows, no circle`."""
    house = house_of(package, imports)
    arrows = sum(map(len, house.arrows.values()))
    circles = "; ".join("circle " + " ".join(rooms) for rooms in house.circles) or "no circle"
    return f"{package}: {len(house.arrows)} rooms, {max(house.levels.values())} levels, {arrows} arrows, {circles}"


def _is_package(folder: Path) -> bool:
    return (folder / "__init__.py").exists()


def _walk(node: ast.AST, file: str, *, at_top: bool, typing_only: bool) -> Iterator[Import]:
    for child in ast.iter_child_nodes(node):
        inside = isinstance(child, ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda)
        if isinstance(child, ast.If) and "TYPE_CHECKING" in ast.unparse(child.test):
            for part in child.body:
                yield from _named(part, file, at_top=at_top, typing_only=True)
                yield from _walk(part, file, at_top=at_top, typing_only=True)
            for part in child.orelse:
                yield from _named(part, file, at_top=at_top, typing_only=typing_only)
                yield from _walk(part, file, at_top=at_top, typing_only=typing_only)
            continue
        yield from _named(child, file, at_top=at_top, typing_only=typing_only)
        yield from _walk(child, file, at_top=at_top and not inside, typing_only=typing_only)


def _named(node: ast.AST, file: str, *, at_top: bool, typing_only: bool) -> Iterator[Import]:
    modules: list[str] = []
    match node:
        case ast.Import():
            modules = [alias.name for alias in node.names]
        case ast.ImportFrom(level=0):
            modules = _of_package(str(node.module), node.names)
        case ast.ImportFrom(level=level):
            modules = [".".join([*file.split("/")[:-level], node.module or ""])]
        case ast.Call(func=ast.Attribute(attr="import_module") | ast.Name(id="import_module" | "__import__")):
            modules = [_module_named_by(node.args[0], file)]
    for module in modules:
        yield Import(file, getattr(node, "lineno", 0), module, at_top, typing_only)


def _of_package(package: str, names: list[ast.alias]) -> list[str]:
    """`from runners import grid` imports the module runners.grid; of other modules names are not told apart."""
    if "." in package or package not in PACKAGES:
        return [package]
    return [f"{package}.{name.name}" if (ROOT / package / name.name).with_suffix(".py").exists() else package
            for name in names]  # fmt: skip


def _module_named_by(argument: ast.expr, file: str) -> str:
    """The module, or its package and `.?` where the name is made at run time, or `?` where not even that is said."""
    match argument:
        case ast.Constant(value=str(name)):
            return name
        case ast.JoinedStr(values=[ast.Constant(value=str(start)), *_]):
            return f"{start}?"
        case ast.JoinedStr(values=[ast.FormattedValue(value=ast.Name(id="__name__")), *_]):
            return ".".join([*file.split("/")[:-1], "?"])
    return "?"


def main(shown: list[str]) -> None:
    """Prints the picture of every package, and the arrows of those that are named."""
    imports = project_imports()
    for package in PACKAGES:
        print(picture(package, imports))
    for package in shown:
        house = house_of(package, imports)
        for room, level in sorted(house.levels.items(), key=lambda one: (one[1], one[0])):
            print(f"  {level}  {room}{' -> ' if house.arrows[room] else ''}{' '.join(sorted(house.arrows[room]))}")
    lengths = {file: len(file.read_text().splitlines()) for file in project_files()}
    lengths = {file: lines for file, lines in lengths.items() if lines > 1}
    print(f"{len(lengths)} files, median {statistics.median(lengths.values()):.0f} lines; the longest:")
    for file, lines in sorted(lengths.items(), key=lambda one: -one[1])[:5]:
        print(f"  {lines}  {file.relative_to(ROOT)}")


if __name__ == "__main__":
    main(sys.argv[1:])
