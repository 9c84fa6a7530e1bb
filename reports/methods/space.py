"""What a methods section says of the parameters of a search space: what each of them could be."""

from __future__ import annotations

from collections.abc import Iterator

from reports._drawing.numbers import scalar
from trials.domains import Domain
from trials.store import RunStore


def space(run: RunStore) -> Iterator[str]:
    """Every parameter with its range or options, in the order of the space."""
    domains = run.provenance.domains
    if domains:
        yield "; ".join(f"{name.replace('_', ' ')} {_said(domain)}" for name, domain in domains.items()) + "."


def _said(domain: Domain) -> str:
    """`2 to 5`, `0.0002 to 0.01 (logarithmic)`, `8, 16 or 24`, `always 3`."""
    if domain.options:
        *others, last = map(scalar, domain.options)
        return f"{', '.join(others)} or {last}" if others else f"always {last}"
    low, high = scalar(domain.low), scalar(domain.high)
    if domain.single:
        return f"always {low}"
    step = f" in steps of {domain.step}" if domain.step > 1 else ""
    return f"{low} to {high}{step}{' (logarithmic)' * domain.log}"
