"""Limits itself as its arguments say, and then becomes the program they name. Run as a script, in a process of its own.

    confine.py ISOLATE MEMORY CPU PROGRAM ARGUMENT...

A child that limits itself before `exec` needs no code between `fork` and `exec` of a process that may have threads. Only
modules of the standard library are imported, because it starts without the user's site packages.
"""

import os
import sys
from contextlib import suppress

FAILED = 125
"""Exit status if the limits cannot be set; the program is then not started."""
_NEW_USER, _NEW_NETWORK = 0x10000000, 0x40000000
"""Flags of `unshare(2)`."""


def isolate() -> None:
    """Enter a network namespace without an interface that is up, so that not even 127.0.0.1 answers.

    Raises OSError where the kernel forbids it. The user keeps their own ID: files created under an unmapped one fail.
    """
    user, group = os.geteuid(), os.getegid()
    _unshare(_NEW_USER | _NEW_NETWORK)
    for name, text in (("setgroups", "deny"), ("uid_map", f"{user} {user} 1"), ("gid_map", f"{group} {group} 1")):
        with open(f"/proc/self/{name}", "w", encoding="ascii") as file:
            file.write(text)


def _unshare(flags: int) -> None:
    if not sys.platform.startswith("linux"):
        raise OSError("no network namespaces")
    # `os.unshare` came with Python 3.12.
    import ctypes

    libc = ctypes.CDLL(None, use_errno=True)
    if libc.unshare(flags) != 0:
        number = ctypes.get_errno()
        raise OSError(number, os.strerror(number))


def limit(memory: int, cpu: int) -> None:
    """Limit address space (bytes) and processor time (seconds), and write no core files."""
    import resource

    for what, most in ((resource.RLIMIT_AS, memory), (resource.RLIMIT_CPU, cpu), (resource.RLIMIT_CORE, 0)):
        # A limit that is lower already stays; macOS has no RLIMIT_AS that it enforces.
        with suppress(ValueError, OSError):
            resource.setrlimit(what, (most, most))


def main(arguments: list[str]) -> int:
    isolated, memory, cpu, program, *rest = arguments
    try:
        if isolated == "1":
            isolate()
        limit(int(memory), int(cpu))
        os.execve(program, [program, *rest], dict(os.environ))
    except OSError as error:
        sys.stderr.write(f"cannot start {program} within its limits: {error.strerror or error}\n")
        return FAILED


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
