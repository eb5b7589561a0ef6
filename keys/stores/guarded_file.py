"""Read a file only if nobody but its owner could have read or changed it."""

import os
import stat
from pathlib import Path

from contracts.errors import KeyUnusable

_ROOT = 0
_OWNER_ALONE = 0o077  # the bits of a mode that must not be set
_CREDENTIAL = 0o037


def read_guarded(path: Path, *, limit: int) -> bytes:
    """The bytes of `path`: a regular file of ours or root's, mode 0600 or tighter.

    What was opened is what is checked, so the file cannot be exchanged in between; a
    symbolic link as the last component is not followed. Raises KeyUnusable when the file
    is missing, longer than `limit` bytes, or guarded less.
    """
    return _read(path, limit, _OWNER_ALONE)


def _read(path: Path, limit: int, forbidden: int) -> bytes:
    flags = os.O_RDONLY | os.O_NOFOLLOW | os.O_CLOEXEC | os.O_NONBLOCK
    try:
        descriptor = os.open(path, flags)
    except OSError as error:
        raise KeyUnusable(f"the file cannot be read: {error.strerror}", file=path) from None
    try:
        status = os.fstat(descriptor)
        if not stat.S_ISREG(status.st_mode):
            raise KeyUnusable("not a regular file", file=path)
        _check_guard(path, status, forbidden)
        with os.fdopen(descriptor, "rb", closefd=False) as file:
            data = file.read(limit + 1)
    finally:
        os.close(descriptor)
    if len(data) > limit:
        raise KeyUnusable(f"the file is longer than {limit} bytes", file=path)
    return data


def read_credential(path: Path, *, limit: int) -> bytes:
    """The bytes of a credential that systemd handed to this service (systemd.exec(5)).

    As `read_guarded`, but its group may seem to read it: systemd lets the service's user
    read a file of root's by an access control list, and the list's mask shows there.
    """
    return _read(path, limit, _CREDENTIAL)


def check_folder(folder: Path) -> None:
    """Raises KeyUnusable unless `folder` is a folder of ours or root's, mode 0700 or tighter."""
    try:
        status = folder.stat()
    except OSError as error:
        raise KeyUnusable(f"the folder cannot be read: {error.strerror}", folder=folder) from None
    if not stat.S_ISDIR(status.st_mode):
        raise KeyUnusable("not a folder", folder=folder)
    _check_guard(folder, status, _OWNER_ALONE)


def _check_guard(path: Path, status: os.stat_result, forbidden: int) -> None:
    mode = stat.S_IMODE(status.st_mode)
    if mode & forbidden:
        tighter = mode & ~forbidden & 0o777
        raise KeyUnusable(f"others may use it: mode {mode:04o}; run chmod {tighter:04o}", file=path)
    if status.st_uid not in (os.geteuid(), _ROOT):
        raise KeyUnusable("it belongs to another user", file=path)
