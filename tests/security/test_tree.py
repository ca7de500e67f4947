"""What must not be in the source: private keys that are worth something."""

from __future__ import annotations

import re
import subprocess
from functools import cache
from pathlib import Path

ROOT = Path(__file__).parent.parent.parent
WELL_KNOWN = {
    # nathan's on every test network, worthless by that
    "5KQwrPbwdL6PhXujxW37FSSQZ1JiwsST4cqQzDeyXtP79zkvFD3",
    # the example of Bitcoin's wiki, from which a test takes the format
    "5HueCGU8rMjxEXxiPuD5BDku4MkFqeZyd4dZ1jvhTVqvbTLvyTJ",
}
_KEY = re.compile(r"\b[5KL][1-9A-HJ-NP-Za-km-z]{50,51}\b")
_PEM = re.compile(r"-----BEGIN [A-Z ]*PRIVATE KEY-----\n[A-Za-z0-9+/=]")


@cache
def texts() -> tuple[tuple[str, str], ...]:
    """Return the path and text of each file that is, or could be, committed."""
    listed = ["git", "-C", str(ROOT), "ls-files", "--cached", "--others", "--exclude-standard"]
    done = subprocess.run(listed, capture_output=True, text=True, check=False)
    names = done.stdout.splitlines()
    if done.returncode:  # a tarball, which has what was committed
        parts = ("tests", "docs", "deploy", "alertmanager", "understudy", "switcher", "devnet")
        names = [str(p.relative_to(ROOT)) for part in parts for p in (ROOT / part).rglob("*")]
    paths = [(name, ROOT / name) for name in names if (ROOT / name).is_file()]
    return tuple((name, path.read_bytes().decode("utf-8", "replace")) for name, path in paths)


def test_no_private_key_is_in_the_source_but_one_that_everybody_knows() -> None:
    found = {(name, key) for name, text in texts() for key in _KEY.findall(text)}
    assert {key for _, key in found} >= WELL_KNOWN, "nothing was looked at"
    assert {(name, key) for name, key in found if key not in WELL_KNOWN} == set()


def test_no_key_of_a_certificate_is_in_the_source() -> None:
    assert [name for name, text in texts() if _PEM.search(text)] == []
