"""Every public definition says what it takes and gives: in a docstring of its own, or in that of what it implements.

Public is what has no leading underscore, in a module of a package, and the methods of public classes. A method of a
class that fulfils a Protocol of ours, by its bases or by FULFILS, may be described there.
"""

from __future__ import annotations

import ast
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path

import pytest
from house import PACKAGES, ROOT

Definition = ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef
# Protocols that a class fulfils without naming them among its bases.
FULFILS: dict[str, str] = {
    "Within": "Hyperparameters",
    "Without": "Hyperparameters",
    "Handle": "Hyperparameters",
    "StudySearcher": "Searcher",
    "KerasTunerSearcher": "Searcher",
    "TensorFlowLoop": "Loop",
    "JaxLoop": "Loop",
    "SteppedLoop": "Loop",
}


def undescribed(source: str, file: str, protocols: Mapping[str, set[str]]) -> Iterator[str]:
    """`file:line name` of every public definition without a docstring. protocols: methods that are described where
    they are promised, by the name of the Protocol."""
    for child in ast.parse(source).body:
        if not isinstance(child, Definition) or child.name.startswith("_"):
            continue
        if ast.get_docstring(child) is None:
            yield f"{file}:{child.lineno} {child.name}"
        if isinstance(child, ast.ClassDef):
            known = set[str]().union(
                *(protocols.get(name, set()) for name in (*bases(child), FULFILS.get(child.name, "")))
            )
            for method in child.body:
                if not isinstance(method, Definition) or method.name.startswith("_") or method.name in known:
                    continue
                if ast.get_docstring(method) is None:
                    yield f"{file}:{method.lineno} {child.name}.{method.name}"


def bases(child: ast.ClassDef) -> list[str]:
    """Names of what it is derived from, without their parameters."""
    return [ast.unparse(base).partition("[")[0].rpartition(".")[2] for base in child.bases]


def promised(sources: Iterable[str]) -> dict[str, set[str]]:
    """The methods that each Protocol describes, or one that it is derived from, by its name."""
    found: dict[str, tuple[set[str], list[str]]] = {}
    for source in sources:
        for child in ast.parse(source).body:
            if isinstance(child, ast.ClassDef) and "Protocol" in bases(child):
                methods = {
                    each.name for each in child.body if isinstance(each, Definition) and ast.get_docstring(each)
                }
                found[child.name] = methods, bases(child)

    def all_of(name: str) -> set[str]:
        methods, derived = found.get(name, (set(), []))
        return methods.union(*map(all_of, derived))

    return {name: all_of(name) for name in found}


def sources() -> dict[str, str]:
    """Of all modules, by file."""
    files = [ROOT / "cli.py", *(file for package in PACKAGES for file in sorted((ROOT / package).rglob("*.py")))]
    return {str(file.relative_to(ROOT)): file.read_text() for file in files}


def test_every_module_and_every_public_definition_is_described() -> None:
    protocols = promised(sources().values())
    assert [file for file, text in sources().items() if not ast.get_docstring(ast.parse(text))] == []
    found = [line for file, text in sources().items() for line in undescribed(text, file, protocols)]
    assert found == [], f"{len(found)} without a docstring"


@pytest.mark.parametrize(
    ("source", "name"),
    [
        ("def f():\n    pass", "f"),
        ("class A:\n    '''A.'''\n    def f(self):\n        pass", "A.f"),
        ("class A:\n    x: int", "A"),
        ("class A:\n    '''A.'''\n    @property\n    def f(self):\n        return 1", "A.f"),
    ],
)
def test_a_definition_without_one_is_seen(source: str, name: str) -> None:
    assert [line.split()[1] for line in undescribed(source, "x.py", {})] == [name]


def test_what_is_private_or_described_elsewhere_needs_none() -> None:
    promise = "class P(Protocol):\n    '''P.'''\n    def send(self): 'Sends.'\n"
    more = "class Q(P, Protocol):\n    '''Q.'''\n"
    own = "def _f(): pass\nclass _A:\n    def f(self): pass\nclass A(Q):\n    '''A.'''\n    def send(self): pass\n"
    assert list(undescribed(own, "x.py", promised([promise, more]))) == []
    stranger = own.replace("A(Q)", "A")
    assert [line.split()[1] for line in undescribed(stranger, "x.py", promised([promise, more]))] == ["A.send"]
    assert [line.split()[1] for line in undescribed(own, "x.py", {})] == ["A.send"]


def test_who_fulfils_a_protocol_is_there() -> None:
    protocols = promised(sources().values())
    classes = {
        child.name: {each.name for each in child.body if isinstance(each, Definition)}
        for source in sources().values()
        for child in ast.parse(source).body
        if isinstance(child, ast.ClassDef)
    }
    for name, promise in FULFILS.items():
        assert classes[name] & protocols[promise], f"{name} does nothing of {promise}"


def test_the_files_are_there() -> None:
    assert len(sources()) > 150 and all(Path(ROOT / file).exists() for file in sources())
