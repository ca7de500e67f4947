"""Secrets as systemd, Kubernetes and Debian's packages hand them out, tried with their modes."""

from __future__ import annotations

import codecs
import errno
import os
import shutil
import struct
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

import pytest

from switcher.auth import Tokens
from switcher.errors import SecretFileError
from switcher.secret_file import read_secret

US, OTHER_USER = 61_234, 61_235
OUR_GROUP, OTHER_GROUP = 61_236, 61_237
"""Numbers that no account of a system has."""

LAST_ACCOUNT = 65_534

pytestmark = pytest.mark.skipif(os.geteuid() != 0, reason="gives files to other users, as root")


@pytest.fixture
def folder() -> Iterator[Path]:
    """Return a folder that every user reaches, unlike pytest's own."""
    made = Path(tempfile.mkdtemp())
    made.chmod(0o755)
    yield made
    shutil.rmtree(made)


@contextmanager
def as_user(user: int = US, groups: Sequence[int] = (OUR_GROUP,)) -> Iterator[None]:
    """Be another user as far as files go."""
    codecs.lookup("ascii")  # the interpreter itself may be out of that user's reach
    before = os.getgroups()
    os.setgroups(list(groups))
    os.setegid(groups[0])
    os.seteuid(user)
    try:
        yield
    finally:
        os.seteuid(0)
        os.setegid(0)
        os.setgroups(before)


def made(folder: Path, mode: int, user: int = 0, group: int = 0) -> Path:
    path = folder / "active.key"
    path.write_text("secret\n")
    os.chown(path, user, group)
    path.chmod(mode)
    return path


def listed(path: Path, *, user: int, group_rights: int = 0, group: int | None = None) -> Path:
    """Give a user the right to read, by a list, as systemd does where the file system has some."""
    nobody = 0xFFFF_FFFF
    entries = [(0x01, 4, nobody), (0x02, 4, user), (0x04, group_rights, nobody)]
    entries += [(0x08, 4, group)] if group is not None else []
    entries += [(0x10, 4, nobody), (0x20, 0, nobody)]
    packed = b"".join(struct.pack("<HHI", *entry) for entry in entries)
    try:
        os.setxattr(path, "system.posix_acl_access", struct.pack("<I", 2) + packed)
    except OSError as error:
        if error.errno != errno.ENOTSUP:
            raise
        pytest.skip("this file system keeps no access control lists")
    return path


def test_a_credential_that_systemd_gave_to_the_service_is_read(folder: Path) -> None:
    path = made(folder, 0o400, US)
    with as_user():
        assert read_secret(path) == "secret"


def test_a_credential_that_systemd_lists_the_service_for_is_read(folder: Path) -> None:
    path = listed(made(folder, 0o400), user=US)
    assert path.stat().st_mode & 0o777 == 0o440
    with as_user():
        assert read_secret(path) == "secret"


@pytest.mark.parametrize("more", [{"group_rights": 4}, {"group": OTHER_GROUP}])
def test_a_list_that_lets_a_group_in_is_refused(folder: Path, more: dict[str, int]) -> None:
    path = listed(made(folder, 0o400, 0, OUR_GROUP), user=US, **more)
    with as_user(), pytest.raises(SecretFileError, match="open to others"):
        read_secret(path)


def test_a_list_that_lets_another_user_in_is_refused(folder: Path) -> None:
    path = listed(made(folder, 0o400, US), user=OTHER_USER)
    with as_user(), pytest.raises(SecretFileError, match="open to others"):
        read_secret(path)


def test_a_secret_of_kubernetes_is_read_through_its_links(folder: Path) -> None:
    version = folder / "..2026_01_01_00_00_00.1"
    version.mkdir(mode=0o755)
    made(version, 0o440, 0, OUR_GROUP)
    (folder / "..data").symlink_to(version.name)
    (folder / "active.key").symlink_to("..data/active.key")
    with as_user():
        assert read_secret(folder / "active.key") == "secret"


def test_a_file_of_roots_for_the_services_own_group_is_read(folder: Path) -> None:
    path = made(folder, 0o640, 0, OUR_GROUP)
    with as_user(groups=(OTHER_GROUP, OUR_GROUP)):
        assert read_secret(path) == "secret"


def test_a_file_for_a_group_with_others_in_it_is_refused(folder: Path) -> None:
    path = made(folder, 0o640, 0, LAST_ACCOUNT)
    with as_user(groups=(LAST_ACCOUNT,)), pytest.raises(SecretFileError, match="open to others"):
        read_secret(path)


@pytest.mark.parametrize("mode", [0o460, 0o450, 0o444, 0o644])
def test_more_than_reading_for_the_own_group_is_refused(folder: Path, mode: int) -> None:
    path = made(folder, mode, 0, OUR_GROUP)
    with as_user(), pytest.raises(SecretFileError, match=f"mode {mode:04o}"):
        read_secret(path)


def test_a_group_that_the_user_itself_let_in_is_refused(folder: Path) -> None:
    path = made(folder, 0o640, US, OUR_GROUP)
    with as_user(), pytest.raises(SecretFileError, match="open to others"):
        read_secret(path)


def test_root_puts_up_with_no_group(folder: Path) -> None:
    with pytest.raises(SecretFileError, match="open to others"):
        read_secret(made(folder, 0o640, 0, OUR_GROUP))


def test_a_file_of_another_user_is_refused(folder: Path) -> None:
    path = made(folder, 0o400, OTHER_USER)
    with as_user(), pytest.raises(SecretFileError, match="Permission denied"):
        read_secret(path)


def test_a_token_file_that_kubernetes_mounts_is_taken(folder: Path) -> None:
    path = made(folder, 0o440, 0, OUR_GROUP)
    path.write_text("")
    with as_user():
        assert not Tokens.load(path)
