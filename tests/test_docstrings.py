"""Every public definition says what it takes and gives: in a docstring of its own, or in that of what it implements.

Public is what has no leading underscore, in a module of a package, and the methods of public classes. A method that
has the name of one in a Protocol of ours, with a docstring there, is described there.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest
from house import PACKAGES, ROOT

Definition = ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef


def undescribed(source: str, file: str, protocol: set[str]) -> Iterator[str]:
    """`file:line name` of every public definition without a docstring. protocol: methods that are described where
    they are promised."""
    for child in ast.parse(source).body:
        if not isinstance(child, Definition) or child.name.startswith("_"):
            continue
        if ast.get_docstring(child) is None:
            yield f"{file}:{child.lineno} {child.name}"
        if isinstance(child, ast.ClassDef):
            for method in child.body:
                if not isinstance(method, Definition) or method.name.startswith("_") or method.name in protocol:
                    continue
                if ast.get_docstring(method) is None:
                    yield f"{file}:{method.lineno} {child.name}.{method.name}"


def promised(source: str) -> set[str]:
    """Names of the methods that Protocols describe."""
    return {
        method.name
        for child in ast.parse(source).body
        if isinstance(child, ast.ClassDef) and any("Protocol" in ast.unparse(base) for base in child.bases)
        for method in child.body
        if isinstance(method, Definition) and ast.get_docstring(method)
    }


def sources() -> dict[str, str]:
    """Of all modules of the packages, by file."""
    files = [file for package in PACKAGES for file in sorted((ROOT / package).rglob("*.py"))]
    return {str(file.relative_to(ROOT)): file.read_text() for file in files}


def test_every_module_and_every_public_definition_is_described() -> None:
    protocol = set[str]().union(*map(promised, sources().values()))
    assert [file for file, text in sources().items() if not ast.get_docstring(ast.parse(text))] == []
    found = [line for file, text in sources().items() for line in undescribed(text, file, protocol)]
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
    assert [line.split()[1] for line in undescribed(source, "x.py", set())] == [name]


def test_what_is_private_or_described_elsewhere_needs_none() -> None:
    promise = "class P(Protocol):\n    '''P.'''\n    def send(self): 'Sends.'\n"
    own = "def _f(): pass\nclass _A:\n    def f(self): pass\nclass A:\n    '''A.'''\n    def send(self): pass\n"
    assert list(undescribed(own, "x.py", promised(promise))) == []
    assert [line.split()[1] for line in undescribed(own, "x.py", set())] == ["A.send"]


def test_the_files_are_there() -> None:
    assert len(sources()) > 150 and all(Path(ROOT / file).exists() for file in sources())
