"""Read the package's seccomp data: syscall names and numbers, errno names and CRI-O's tables. Each file is read once, on first use."""

from functools import cache
from typing import Any

from scclint.files.package_data import read_json


@cache
def table(name: str) -> Any:
    """Return the decoded data file `name`. Callers share it and must not change it."""
    return read_json(__file__, f"data/{name}.json")


@cache
def syscalls_of(arch: str) -> frozenset[str]:
    """Return the syscalls of an architecture, in Go's name (`amd64`), or in libseccomp's if Go has none (`x86`, `x32`).

    Raises ValueError for another name.
    """
    data = table("syscalls")
    bit = data["arches"].index(arch)
    return frozenset(name for name, mask in data["syscalls"].items() if int(mask, 16) >> bit & 1)


def call_name(number: int, arch: str) -> str:
    """Return the name of the syscall with a number on `amd64`, `arm64`, `ppc64le`, `s390x` or `x86`; empty if there is none."""
    names = table("syscalls")["numbers"][arch].split()
    name = names[number] if number < len(names) else "-"
    return "" if name == "-" else str(name)


def is_syscall(name: str) -> bool:
    """Return whether any architecture has, or once had, a syscall of this name."""
    return name in table("syscalls")["syscalls"]


def errno_number(name: str) -> int | None:
    """Return the number of an errno name on x86_64 (1 for `EPERM`); None for an unknown name."""
    number: int | None = table("syscalls")["errno"].get(name)
    return number


@cache
def errno_name(number: int) -> str:
    """Return the errno name of a number, or the number as text if Linux has no name for it."""
    numbers = table("syscalls")["errno"]
    return str(next((name for name, value in numbers.items() if value == number), number))
