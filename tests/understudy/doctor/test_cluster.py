"""Whether several Alertmanagers stand in for each other, as `understudy check` sees it."""

from __future__ import annotations

import pytest

from tests.understudy.doctor.made import failures, warnings
from understudy.doctor.cluster import judge_cluster, judge_senders


@pytest.mark.parametrize(("known", "configured"), [(0, 0), (0, 1), (1, 1), (3, 3), (3, 1), (1, 0)])
def test_nothing_is_told_of_as_many_as_are_configured(known: int, configured: int) -> None:
    assert [*judge_senders(known, configured)] == []


def test_a_prometheus_that_sends_to_one_of_three() -> None:
    found = [*judge_senders(1, 3)]
    assert failures(found) == []
    (told,) = warnings(found)
    assert told.startswith("alerting: alerts go to 1 of the 3 Alertmanagers in monitoring.alert")


@pytest.mark.parametrize(("members", "configured"), [(0, 0), (0, 1), (3, 3), (3, 1)])
def test_one_alone_and_a_whole_cluster_are_fine(members: int, configured: int) -> None:
    assert [*judge_cluster(members, configured)] == []


@pytest.mark.parametrize(("members", "expected"), [(0, "doesn't exist"), (2, "has 2 members")])
def test_an_alertmanager_outside_the_cluster(members: int, expected: str) -> None:
    (told,) = warnings(judge_cluster(members, 3))
    assert told.startswith(f"cluster: {expected}, of the 3 in monitoring.alertmanager")
    assert "--cluster.peer" in told
