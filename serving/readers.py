"""Who can read a file besides its owner and root, by mode, access control list and accounts."""

from __future__ import annotations

import errno
import grp
import os
import pwd
import stat
import struct
from collections.abc import Iterator

_OTHERS = stat.S_IRWXG | stat.S_IRWXO
_ACL = "system.posix_acl_access"
_ENTRY = struct.Struct("<HHI")
_VERSION_BYTES = 4
_USER_OBJ, _USER, _MASK = 0x01, 0x02, 0x10
"""Tags of entries in an access control list (the kernel's posix_acl_xattr.h)."""

_NO_LIST = (errno.ENODATA, errno.ENOTSUP)


def open_to_others(descriptor: int, state: os.stat_result) -> bool:
    """Tell whether others than the owner, root and this process' user can get at an open file.

    The group's rights are no one else's in two cases, both of a file that root owns and nobody
    writes: an access control list gives them to this user (systemd's credentials), or this user is
    alone in the group (Kubernetes' secrets with fsGroup).
    """
    if not state.st_mode & _OTHERS:
        return False
    user = os.geteuid()
    if state.st_mode & _OTHERS != stat.S_IRGRP or state.st_uid != 0 or user == 0:
        return True
    listed = _access_list(descriptor)
    if listed:
        return not all(_is_ours(entry, user) for entry in _ENTRY.iter_unpack(listed))
    return not _alone_in(state.st_gid, user)


def _access_list(descriptor: int) -> bytes:
    """Return the entries of a file's access control list, none where it has no list."""
    try:
        return os.getxattr(descriptor, _ACL)[_VERSION_BYTES:]
    except OSError as error:
        if error.errno in _NO_LIST:
            return b""
        raise


def _is_ours(entry: tuple[int, int, int], user: int) -> bool:
    """Tell whether an entry gives nothing, or gives it to the owner or a user, or bounds others."""
    tag, rights, who = entry
    return rights == 0 or tag in (_USER_OBJ, _MASK) or (tag == _USER and who == user)


def _alone_in(group: int, user: int) -> bool:
    if group not in (os.getegid(), *os.getgroups()):
        return False
    return all(member == user for member in _members(group))


def _members(group: int) -> Iterator[int]:
    """Yield the user ids of a group's members that this system knows of."""
    yield from (account.pw_uid for account in pwd.getpwall() if account.pw_gid == group)
    try:
        names = grp.getgrgid(group).gr_mem
    except KeyError:  # Kubernetes' groups are numbers only
        return
    for name in names:
        try:
            yield pwd.getpwnam(name).pw_uid
        except KeyError:  # an account that was removed
            continue
