"""`understudy check`: the configuration file, and what it points to."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import asdict
from typing import Annotated

import typer
from rich.text import Text

from understudy.commands.options import DEFAULT_CONFIG, Config, Json
from understudy.commands.output import answers, count, print_json, waiting
from understudy.config import Configuration, ConfigurationError, Mistake, load
from understudy.config.mistakes import written
from understudy.doctor.finding import Finding, Level

_STYLES = {"ok": "green", "warning": "yellow", "failure": "red"}


def check(
    config: Config = DEFAULT_CONFIG,
    offline: Annotated[
        bool, typer.Option("--offline", help="Ask no node and no program: for use without them.")
    ] = False,
    as_json: Json = False,
) -> None:
    """Validate the configuration file, and look at what it points to.

    That is: the secrets it names can be used; PostgreSQL lets the switcher in; the nodes answer,
    and know its witnesses; the keys at hand may sign for these, and what else they could do in the
    wrong hands; peers answer with valid blocks, and can call the replica. With `monitoring`
    configured also: Prometheus has the rules that the policy needs and scrapes our services, and
    nothing in Alertmanager keeps their alerts from the switcher.

    Exit status 2 for a bad configuration, 1 for a failure, 0 if there are warnings at most.
    """
    try:
        read = load(config)
    except ConfigurationError as error:
        if not as_json:
            raise
        mistakes = [_plain(mistake) for mistake in error.mistakes]
        print_json({"ok": False, "file": config, "mistakes": mistakes, "findings": []})
        raise typer.Exit(2) from error
    from understudy.doctor.examine import examine

    with waiting("asking nodes, peers, database, Prometheus and Alertmanager"):
        findings = asyncio.run(examine(read, offline=offline))
    failed = any(finding.level is Level.FAILURE for finding in findings)
    if as_json:
        found = [asdict(finding) for finding in findings]
        print_json({"ok": not failed, "file": config, "mistakes": [], "findings": found})
    else:
        _show(read, findings, offline)
    raise typer.Exit(1 if failed else 0)


def _plain(mistake: Mistake) -> dict[str, object]:
    return {"line": mistake.line, "place": written(mistake.place), "text": mistake.text}


def _show(read: Configuration, findings: list[Finding], offline: bool) -> None:
    chain = read.chain
    keys = sum(len(witness.producers) for witness in chain.witnesses)
    counted = [
        count(len(chain.nodes), "node"),
        count(len(chain.witnesses), "witness", "witnesses"),
        count(keys, "producer"),
    ]
    if read.peers is not None:
        counted.append(count(len(read.peers.nodes), "peer"))
    answers.print(_line("ok", str(read.path), ", ".join(counted)))
    show_findings(findings)
    if offline:
        left_out = "nodes, peers, PostgreSQL, Prometheus and Alertmanager"
        answers.print(_line("", left_out, "not asked (--offline)"))
    elif not (read.monitoring.prometheus or read.monitoring.alertmanager):
        text = "not configured, so neither Prometheus nor Alertmanager is asked"
        answers.print(_line("", "monitoring", text))
    answers.print(_summary(findings), style="bold")


def show_findings(findings: Sequence[Finding]) -> None:
    """Print a line for each finding."""
    for each in findings:
        answers.print(_line(each.level, each.what, each.text))


def _line(level: str, what: str, text: str) -> Text:
    told = f"{what}: {text}" if text else what
    return Text.assemble((f"{level:<8}", _STYLES.get(level, "dim")), told)


def _summary(findings: Sequence[Finding]) -> str:
    levels = [finding.level for finding in findings]
    failures, warnings = levels.count(Level.FAILURE), levels.count(Level.WARNING)
    if not failures and not warnings:
        return "All is well."
    return f"{count(failures, 'failure')}, {count(warnings, 'warning')}."
