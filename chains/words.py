"""What is said of chains in sentences for people. Pure."""

from __future__ import annotations

from chains.standing import Divergence


def blocks(count: int) -> str:
    """Return a number of blocks as people read it."""
    return "1 block" if count == 1 else f"{count:,} blocks"


def spelled(word: str) -> str:
    """Return a word of ours, such as "wrong_chain", as people read it."""
    return word.replace("_", " ")


def forked(away: Divergence) -> str:
    """Return how far a node is on a fork; a chain without a common block has another first one."""
    if not away.height:
        return f"on a chain of its own, which has another first block: {blocks(away.depth)}"
    return f"on a fork for {blocks(away.depth)} since block {away.height}"


def printable(said: str, most: int) -> str:
    """Return the first letters of somebody else's words, so that no terminal or log obeys them."""
    letters = (each if " " <= each <= "~" else _escaped(each) for each in said[:most])
    return "".join(letters)


def _escaped(letter: str) -> str:
    return letter.encode("unicode_escape").decode()
