"""A space's parameters as a run folder keeps them: what its trials could be, narrowed as the search was.

run_domains(load_space("cnn"))["depth"]                 # trials.domains.Domain(low=2, high=5, step=1)
"""

from __future__ import annotations

from search_spaces._domains import highest
from search_spaces._hyperparameters import Choice, Integer, Real
from search_spaces._space import Space, domains
from trials.domains import Domain


def run_domains(space: Space) -> dict[str, Domain]:
    """Every parameter, in the order in which the space asks for it."""
    recorded = {}
    for name, domain in domains(space).items():
        match domain:
            case Choice(options):
                recorded[name] = Domain(options=options)
            case Integer(low, _, step, log):
                recorded[name] = Domain(low=low, high=highest(domain), step=step, log=log)
            case Real(low, high, log):
                recorded[name] = Domain(low=low, high=high, log=log)
    return recorded
