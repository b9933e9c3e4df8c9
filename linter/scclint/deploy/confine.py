"""Limits itself as its arguments say, and then becomes the program they name. Run as a script, in a process of its own.

    confine.py ISOLATE MEMORY CPU [PROGRAM ARGUMENT...]

Without a program, it starts many, each within these limits (see `serve`). A child that limits itself before `exec` needs no code
between `fork` and `exec` of a process that may have threads. Only modules of the standard library are imported, because it starts
without the user's site packages.
"""

import marshal
import os
import select
import signal
import socket
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
    isolated, memory, cpu, *command = arguments
    try:
        if isolated == "1":
            isolate()
        if not command:
            return serve(memory, cpu)
        limit(int(memory), int(cpu))
        os.execve(command[0], command, dict(os.environ))
    except OSError as error:
        sys.stderr.write(f"cannot start {command[0]} within its limits: {error.strerror or error}\n")
        return FAILED


def serve(memory: str, cpu: str) -> int:
    """Start a program, within limits, for each request on the socket that is standard input, until its other end is closed.

    A request is one byte and three descriptors: a socket, and what the program gets as standard output and error. The socket has the
    folder to start in, the environment and the command, and is answered with the exit status. Closed or written to before, it ends the
    program and all that is in its process group: until then the number of the group belongs to it.
    """
    requests, (ended, ending) = socket.socket(fileno=os.dup(0)), socket.socketpair()
    ending.setblocking(False)
    signal.signal(signal.SIGCHLD, lambda *_: None)
    signal.set_wakeup_fd(ending.fileno())
    running: dict[socket.socket, int] = {}
    requests.send(b"1")
    while True:
        ready = select.select([requests, ended, *running], [], [])[0]
        if ended in ready:
            ended.recv(1 << 12)
        if requests in ready:
            _, descriptors, _, _ = socket.recv_fds(requests, 1, 3)
            if not descriptors:
                break
            asking = socket.socket(fileno=descriptors[0])
            running[asking] = _start(asking, descriptors[1:], memory, cpu)
        for asking, number in list(running.items()):
            if asking in ready:
                _kill(number)
            reaped, status = os.waitpid(number, 0 if asking in ready else os.WNOHANG)
            if reaped:
                del running[asking]
                with asking, suppress(OSError):
                    asking.send(str(os.waitstatus_to_exitcode(status)).encode())
    for number in running.values():
        _kill(number)
    return 0


def _start(asking: socket.socket, streams: list[int], memory: str, cpu: str) -> int:
    """Start what is asked for, and return the number of its process."""
    with asking.makefile("rb") as request:
        folder, environment, command = marshal.load(request)
    number = os.fork()
    if number:
        for stream in streams:
            os.close(stream)
        return number
    status = FAILED
    try:
        os.setsid()
        for place, stream in enumerate((os.open(os.devnull, os.O_RDONLY), *streams)):
            os.dup2(stream, place)
        os.closerange(3, os.sysconf("SC_OPEN_MAX"))
        os.chdir(folder)
        os.environ.clear()
        os.environ.update(environment)
        status = main(["0", memory, cpu, *command])
        sys.stderr.flush()
    finally:
        os._exit(status)


def _kill(number: int) -> None:
    """Kill a process, and its group if it has made one by now."""
    for kill in (os.killpg, os.kill):
        with suppress(ProcessLookupError, PermissionError):
            kill(number, signal.SIGKILL)


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
