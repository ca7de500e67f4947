"""Whether several Alertmanagers stand in for each other. Pure."""

from __future__ import annotations

from collections.abc import Iterator

from understudy.doctor.finding import Finding, warning


def judge_senders(known: int, configured: int) -> Iterator[Finding]:
    """Yield that a Prometheus sends alerts to fewer Alertmanagers (`known`) than there are.

    Whether any arrive at a single one is what the heartbeat shows.
    """
    if known < configured and configured > 1:
        yield warning(
            "alerting",
            f"alerts go to {known} of the {configured} Alertmanagers in monitoring.alertmanager, "
            "and nowhere when just that is gone; name each of them, not a balancer before them",
        )


def judge_cluster(members: int, configured: int) -> Iterator[Finding]:
    """Yield that an Alertmanager's cluster has fewer members than there are Alertmanagers."""
    if members < configured and configured > 1:
        has = f"has {members} members" if members else "doesn't exist"
        yield warning(
            "cluster",
            f"{has}, of the {configured} in monitoring.alertmanager: those outside deliver every "
            "alert once more; start each with --cluster.listen-address and --cluster.peer",
        )
