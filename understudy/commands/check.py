"""`understudy check`: the configuration file and the secrets that it points to."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass
from pathlib import Path

import typer

from understudy.commands.options import DEFAULT_CONFIG, Config, Json
from understudy.commands.output import answers, print_json, remarks
from understudy.config import Configuration, ConfigurationError, Mistake, load
from understudy.config.mistakes import written

_TO_MAKE_TOKENS = "make it with: understudy token new --scope alerts --name alertmanager"
_TO_OPERATE = (
    "put in what `understudy token new --scope operate --name you` prints, or remove the key"
)


@dataclass(frozen=True, slots=True)
class Finding:
    """Something that the configuration points to, and what is wrong with it, if anything."""

    what: str
    problem: str | None


def check(config: Config = DEFAULT_CONFIG, as_json: Json = False) -> None:
    """Validate the configuration file, and that the secrets it names can be used.

    Exit status 2 for a bad configuration, 1 for a secret that can't be used.
    """
    try:
        read = load(config)
    except ConfigurationError as error:
        if not as_json:
            raise
        mistakes = [_plain(mistake) for mistake in error.mistakes]
        print_json({"ok": False, "file": config, "mistakes": mistakes})
        raise typer.Exit(2) from error
    findings = list(secrets_of(read))
    failed = any(finding.problem for finding in findings)
    if as_json:
        found = [asdict(finding) for finding in findings]
        print_json({"ok": not failed, "file": config, "mistakes": [], "secrets": found})
    else:
        _show(read, findings)
    raise typer.Exit(1 if failed else 0)


def _plain(mistake: Mistake) -> dict[str, object]:
    return {"line": mistake.line, "place": written(mistake.place), "text": mistake.text}


def _show(read: Configuration, findings: list[Finding]) -> None:
    chain = read.chain
    keys = sum(len(witness.producers) for witness in chain.witnesses)
    answers.print(
        f"{read.path}: ok: {_count(len(chain.nodes), 'node')}, "
        f"{_count(len(chain.witnesses), 'witness', 'witnesses')}, {_count(keys, 'producer')}",
        markup=False,
    )
    for finding in findings:
        if finding.problem:
            remarks.print(f"{finding.what}: {finding.problem}", style="red", markup=False)
        else:
            answers.print(f"{finding.what}: ok", markup=False)


def _count(number: int, one: str, many: str = "") -> str:
    return f"{number} {one if number == 1 else many or one + 's'}"


def secrets_of(read: Configuration) -> Iterator[Finding]:
    """Try every file with a secret that the configuration names."""
    from switcher.auth import Tokens
    from switcher.settings import KeyFileSigner
    from switcher.signer import Signer, read_secret

    settings, chain = read.switcher, read.chain
    if not settings:
        return
    token_file, client, source = settings.token_file, settings.client_token_file, settings.signer
    yield _tried("token file", token_file, _TO_MAKE_TOKENS, lambda: Tokens.load(token_file))
    if client:
        yield _tried("client token file", client, _TO_OPERATE, lambda: read_secret(client))
    kind, remedy = (
        ("key file", f"put the key in with: (umask 077; cat > {source.path})")
        if isinstance(source, KeyFileSigner)
        else ("wallet", "make it with: understudy wallet init")
    )
    yield _tried(
        kind,
        source.path,
        remedy,
        lambda: Signer.load(source, prefix=chain.prefix, chain_id=chain.chain_id),
    )


def _tried(kind: str, path: Path, remedy: str, use: Callable[[], object]) -> Finding:
    from switcher.errors import SwitcherError

    what = f"{kind} {path}"
    if not path.exists():
        return Finding(what, f"there is no such file; {remedy}")
    try:
        use()
    except SwitcherError as error:
        return Finding(what, str(error))
    return Finding(what, None)
