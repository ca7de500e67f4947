"""How many examples are drawn: the same few in every run of the tests, or many new ones."""

from __future__ import annotations

from hypothesis import HealthCheck, Phase, settings

FUZZ = "fuzz"
"""The profile for `make fuzz`, which tells the seed that it drew."""

_TIMES = 50


def drawn(examples: int, steps: int = 50) -> settings:
    """Return settings for so many examples, always the same; with the profile `fuzz` for more.

    A state machine takes so many `steps` at most.

    Found sequences are made as short as they can be, without an explanation that takes as long.
    """
    fuzzing = settings.get_current_profile_name() == FUZZ
    return settings(
        max_examples=examples * (_TIMES if fuzzing else 1),
        derandomize=not fuzzing,
        database=None,
        deadline=None,
        print_blob=True,
        suppress_health_check=list(HealthCheck),
        phases=(Phase.explicit, Phase.generate, Phase.shrink),
        stateful_step_count=steps,
    )
