"""The package's data about seccomp: syscall names, errno names, CRI-O's tables. Read when first asked for, then kept."""

import os
from functools import cache
from typing import Any


@cache
def table(name: str) -> Any:
    """The data file of that name, decoded. Callers share it and must not change it."""
    import json

    with open(os.path.join(os.path.dirname(__file__), "data", f"{name}.json"), encoding="utf-8") as file:
        return json.load(file)


@cache
def syscalls_of(arch: str) -> frozenset[str]:
    """The syscalls of an architecture, in Go's name (`amd64`), or libseccomp's where Go has none (`x86`, `x32`)."""
    data = table("syscalls")
    bit = data["arches"].index(arch)
    return frozenset(name for name, mask in data["syscalls"].items() if int(mask, 16) >> bit & 1)


def is_syscall(name: str) -> bool:
    """Whether any architecture has, or once had, a syscall of that name."""
    return name in table("syscalls")["syscalls"]


def errno_number(name: str) -> int | None:
    """The number of an errno name (`EPERM` is 1), as on x86_64; None for an unknown name."""
    number: int | None = table("syscalls")["errno"].get(name)
    return number


@cache
def errno_name(number: int) -> str:
    """The errno name of a number, or the number itself where Linux has no name for it."""
    for name, value in table("syscalls")["errno"].items():
        if value == number:
            return str(name)
    return str(number)
