"""Whether the secrets that the configuration points to can be used."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

from switcher.auth import Tokens
from switcher.errors import SwitcherError
from switcher.settings import KeyFileSigner
from switcher.signer import Signer, read_secret
from understudy.config import Configuration
from understudy.doctor.finding import Finding, failure

_TO_MAKE_TOKENS = "make it with: understudy token new --scope alerts --name alertmanager"
_TO_OPERATE = (
    "put in what `understudy token new --scope operate --name you` prints, or remove the key"
)


def secrets_of(read: Configuration) -> Iterator[Finding]:
    """Try every file with a secret that the configuration names for the switcher."""
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
    what = f"{kind} {path}"
    if not path.exists():
        return failure(what, f"there is no such file; {remedy}")
    try:
        use()
    except SwitcherError as error:
        return failure(what, str(error))
    return Finding(what)
