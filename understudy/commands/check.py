"""`understudy check`: the configuration file, and what it points to."""

from __future__ import annotations

import asyncio
from dataclasses import asdict
from typing import TYPE_CHECKING, Annotated

import typer

from understudy.commands.options import DEFAULT_CONFIG, Config, Json
from understudy.commands.output import answers, count, print_json, remarks
from understudy.config import Configuration, ConfigurationError, Mistake, load
from understudy.config.mistakes import written

if TYPE_CHECKING:
    from understudy.doctor.finding import Finding

_STYLES = {"warning": "yellow", "failure": "red"}


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

    findings = asyncio.run(examine(read, offline=offline))
    failed = any(finding.level == "failure" for finding in findings)
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
    answers.print(f"{read.path}: ok: {', '.join(counted)}", markup=False)
    for finding in findings:
        line = ": ".join(part for part in (finding.what, finding.level, finding.text) if part)
        if style := _STYLES.get(finding.level):
            remarks.print(line, style=style, markup=False)
        else:
            answers.print(line, markup=False)
    if offline:
        answers.print(
            "nodes, peers, PostgreSQL, Prometheus and Alertmanager: not asked (--offline)"
        )
    elif not (read.monitoring.prometheus or read.monitoring.alertmanager):
        answers.print("monitoring: not configured, so neither Prometheus nor Alertmanager is asked")
