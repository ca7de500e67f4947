"""All that comes from outside, each kind as a function of some bytes, by name."""

from __future__ import annotations

from tests.fuzz import of_files, of_nodes, of_peers, of_programs, of_surveys
from tests.fuzz.target import Target, found

__all__ = ["TARGETS", "Target", "found"]

TARGETS: dict[str, Target] = {
    **of_peers.TARGETS,
    **of_nodes.TARGETS,
    **of_surveys.TARGETS,
    **of_programs.TARGETS,
    **of_files.TARGETS,
}
