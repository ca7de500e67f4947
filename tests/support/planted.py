"""Looking for secrets where none may be, in the forms in which they get about."""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Iterator, Mapping


def forms(secret: str) -> dict[str, bytes]:
    """Return a secret's forms, by name: itself, and what is easily turned back or looked up."""
    raw = secret.encode()
    return {
        "plain": raw,
        "reversed": raw[::-1],
        "hexadecimal": raw.hex().encode(),
        "base64": _middle(base64.b64encode(raw)),
        "base64 from the second byte": _middle(base64.b64encode(raw[1:])),
        "base64 from the third byte": _middle(base64.b64encode(raw[2:])),
        "URL-safe base64": _middle(base64.urlsafe_b64encode(raw)),
        "SHA-256": hashlib.sha256(raw).hexdigest().encode(),
        "base64 of the SHA-256": base64.b64encode(hashlib.sha256(raw).digest()),
    }


def found(secrets: Mapping[str, str], places: Mapping[str, bytes]) -> Iterator[str]:
    """Yield every secret that stands in a place, as "PLACE: the NAME (FORM)"; case is no matter."""
    lowered = {place: content.lower() for place, content in places.items()}
    for name, secret in secrets.items():
        for form, wanted in forms(secret).items():
            for place, content in lowered.items():
                if wanted.lower() in content:
                    yield f"{place}: the {name} ({form})"


def _middle(encoded: bytes) -> bytes:
    """Return base64 without its end, which depends on what follows."""
    return encoded.rstrip(b"=")[:-2]
