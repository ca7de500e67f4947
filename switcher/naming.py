"""The switcher's sentences with names for the long keys. Pure."""

from __future__ import annotations

from chains.settings import WitnessSettings


def with_names(sentence: str, *rings: WitnessSettings) -> str:
    """Return a sentence with "alpha's key" where it has the signing key of alpha."""
    for producer in (producer for ring in rings for producer in ring.producers):
        name, key = f"{producer.name}'s key", producer.signing_key
        sentence = sentence.replace(f"key {key}", name).replace(key, name)
    return sentence
