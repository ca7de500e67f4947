"""Whether the secrets that the configuration points to can be used."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

from chains.settings import ChainSettings
from exporter.access import IN_THE_CLEAR
from exporter.errors import ExporterError
from exporter.settings import ExporterSettings
from exporter.users import TO_MAKE, Users
from serving.own_certificate import examine_own
from serving.tls import TlsError, TlsFiles
from switcher.auth import Scope, Tokens
from switcher.errors import SwitcherError
from switcher.secret_file import read_secret
from switcher.settings import KeyFileSigner, SwitcherSettings
from switcher.signer import Signer
from understudy.config import Configuration
from understudy.doctor.finding import Finding, Level, failure, warning

_DAY = 86_400
_SOON = 14
"""Days; those who renew certificates do it some thirty days before their end."""

_OPEN = (
    "whoever reaches the switcher may read status and journal without a token; say readers: token, "
    "unless only those reach it who may"
)
_TO_CERTIFY = "docs/how-to/listen-beyond-this-machine.md tells how to make one"
_TO_CONNECT = "put the password in with: (umask 077; cat > FILE)"
_TO_MAKE_TOKENS = "make it with: understudy token new --scope alerts --name NAME --out FILE"
_TO_OPERATE = "make one with: understudy token new --scope operate --name NAME --out FILE"


def secrets_of(read: Configuration, now: float) -> Iterator[Finding]:
    """Try every file with a secret that the configuration names."""
    yield from _of_exporter(read.exporter, now)
    yield from _of_switcher(read, now)


def _of_exporter(settings: ExporterSettings, now: float) -> Iterator[Finding]:
    if settings.tls:
        yield _certificate(settings.tls, now, "exporter")
    if path := settings.users_file:
        yield _tried("users file", path, TO_MAKE, lambda: Users.load(path))
    if settings.passwords_in_the_clear:
        yield warning("exporter", IN_THE_CLEAR)


def _of_switcher(read: Configuration, now: float) -> Iterator[Finding]:
    settings = read.switcher
    if not settings:
        return
    yield _token_file(settings.token_file)
    if settings.client_token_file:
        yield _client_token(settings.client_token_file, settings.token_file)
    if settings.database_password_file:
        yield _database_password(settings.database_password_file)
    if settings.tls:
        yield _certificate(settings.tls, now, "switcher")
    if settings.readers == "anyone" and settings.exposed:
        yield warning("readers", _OPEN)
    source = settings.signer
    kind, remedy = (
        ("key file", f"put the key in with: (umask 077; cat > {source.path})")
        if isinstance(source, KeyFileSigner)
        else ("wallet", "make it with: understudy wallet init")
    )
    yield _tried(
        kind,
        source.path,
        remedy,
        lambda: _signer(settings, read.chain),
    )


def public_keys_of(read: Configuration) -> tuple[str, ...]:
    """Return the public keys that can be signed with, none where the secrets can't be used."""
    if not read.switcher:
        return ()
    try:
        return _signer(read.switcher, read.chain).public_keys
    except SwitcherError:
        return ()  # which `secrets_of` tells


def _signer(settings: SwitcherSettings, chain: ChainSettings) -> Signer:
    return Signer.load(
        settings.signer,
        prefix=chain.prefix,
        chain_id=chain.chain_id,
        max_fee=settings.policy.max_fee,
    )


def _token_file(path: Path) -> Finding:
    found = _tried("token file", path, _TO_MAKE_TOKENS, lambda: Tokens.load(path))
    if found.level is Level.OK and not Tokens.load(path).holds(Scope.ALERTS):
        return warning(found.what, f"has no token of scope alerts; {_TO_MAKE_TOKENS}")
    return found


def _database_password(path: Path) -> Finding:
    found = _tried("database password file", path, _TO_CONNECT, lambda: read_secret(path))
    if found.level is Level.OK and not read_secret(path):
        return failure(found.what, f"holds no password; {_TO_CONNECT}")
    return found


def _client_token(path: Path, token_file: Path) -> Finding:
    found = _tried("client token file", path, _TO_OPERATE, lambda: read_secret(path))
    if found.level is not Level.OK:
        return found
    token = read_secret(path)
    if not token:
        return failure(found.what, f"holds no token; {_TO_OPERATE}")
    try:
        bearer = Tokens.load(token_file).bearer(token)
    except SwitcherError:
        return found  # which is told of that file
    if bearer is None:
        return failure(found.what, f"holds a token that is not in {token_file}; {_TO_OPERATE}")
    if not bearer.may(Scope.OPERATE):
        text = f"holds the token {bearer.name}, which may {bearer.scope} and not operate"
        return failure(found.what, f"{text}; {_TO_OPERATE}")
    return found


def _certificate(tls: TlsFiles, now: float, service: str) -> Finding:
    found = _tried("certificate", tls.certificate_file, _TO_CERTIFY, lambda: examine_own(tls))
    if found.level is not Level.OK:
        return found
    certificate = examine_own(tls)
    if not certificate.names:
        text = "names no host (subjectAltName), so that Alertmanager and Prometheus refuse it"
        return failure(found.what, f"{text}; {_TO_CERTIFY}")
    days = (certificate.expires - now) / _DAY
    if days < _SOON:
        return warning(
            found.what, f"expires in {days:.0f} days; renew it, and restart the {service}"
        )
    return Finding(found.what, text=f"stands for {', '.join(certificate.names)}; {days:.0f} days")


def _tried(kind: str, path: Path, remedy: str, use: Callable[[], object]) -> Finding:
    what = f"{kind} {path}"
    if not path.exists():
        return failure(what, f"there is no such file; {remedy}")
    try:
        use()
    except (ExporterError, SwitcherError, TlsError) as error:
        return failure(what, str(error))
    return Finding(what)
