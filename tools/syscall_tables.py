"""Writes linter/scclint/seccomp/data/syscalls.json: the syscalls of each architecture, the numbers of some, and errno names. Development only.

    python tools/syscall_tables.py "$(go list -m -f '{{.Dir}}' golang.org/x/sys)" > linter/scclint/seccomp/data/syscalls.json

The union of two sources, since neither has all: golang.org/x/sys (tables generated from a recent kernel's headers, but not for
x32, 31-bit s390 and some more), and the installed libseccomp (all architectures, but as old as the distribution). From
number 424 on a syscall has one number on every architecture, so what x/sys knows there holds for those it lacks as well.
Must run on Linux, for the errno numbers.
"""

import ctypes
import errno
import json
import os
import re
import sys

UNIFORM = 424
ARCHES = {  # scclint's name (Go's, where Go has one) -> (libseccomp's name, x/sys file suffix or "", number offset)
    "x86": ("x86", "386", 0),
    "amd64": ("x86_64", "amd64", 0),
    "x32": ("x32", "", 0x40000000),
    "arm": ("arm", "arm", 0),
    "arm64": ("aarch64", "arm64", 0),
    "loong64": ("", "loong64", 0),
    "mips": ("mips", "mips", 4000),
    "mips64": ("mips64", "mips64", 5000),
    "mips64n32": ("mips64n32", "", 6000),
    "parisc": ("parisc", "", 0),
    "parisc64": ("parisc64", "", 0),
    "ppc": ("ppc", "ppc", 0),
    "ppc64le": ("ppc64le", "ppc64le", 0),
    "riscv64": ("riscv64", "riscv64", 0),
    "s390": ("s390", "", 0),
    "s390x": ("s390x", "s390x", 0),
}
NUMBERED = ("amd64", "arm64", "ppc64le", "s390x", "x86")
"""The architectures of OpenShift nodes, and that of 32-bit programs on amd64: audit records give the numbers of their calls."""
PRIVATE = range(0x0F0000, 0x0F0010)  # the ARM-private calls


def from_libseccomp(name: str, offset: int) -> set[str]:
    library = ctypes.CDLL("libseccomp.so.2")
    library.seccomp_arch_resolve_name.restype = ctypes.c_uint32
    library.seccomp_syscall_resolve_num_arch.restype = ctypes.c_void_p
    token = library.seccomp_arch_resolve_name(name.encode())
    if not token:
        return set()
    found = set()
    for number in (*range(offset, offset + 700), *PRIVATE):
        address = library.seccomp_syscall_resolve_num_arch(ctypes.c_uint32(token), ctypes.c_int(number))
        if address:
            found.add(ctypes.string_at(address).decode())
    return found


def from_headers(folder: str, suffix: str) -> dict[str, int]:
    with open(os.path.join(folder, "unix", f"zsysnum_linux_{suffix}.go"), encoding="utf-8") as file:
        return {name.lower(): int(number) for name, number in re.findall(r"\bSYS_(\w+)\s*=\s*(\d+)", file.read())}


def in_order(numbers: dict[str, int]) -> str:
    """Return the names in the order of their numbers, with a dash for each number that has none."""
    names = {number: name for name, number in numbers.items()}
    return " ".join(names.get(number, "-") for number in range(max(names) + 1))


def main(x_sys: str) -> None:
    uniform = {name for name, number in from_headers(x_sys, "amd64").items() if number >= UNIFORM}
    uniform &= {name for name, number in from_headers(x_sys, "s390x").items() if number >= UNIFORM}
    masks: dict[str, int] = {}
    for bit, (libseccomp_name, suffix, offset) in enumerate(ARCHES.values()):
        names = from_headers(x_sys, suffix).keys() if suffix else uniform
        for name in {*names, *(from_libseccomp(libseccomp_name, offset) if libseccomp_name else ())}:
            masks[name] = masks.get(name, 0) | 1 << bit
    numbered = ",\n  ".join(f'"{arch}": "{in_order(from_headers(x_sys, ARCHES[arch][1]))}"' for arch in NUMBERED)
    errnos = {name: number for number, name in sorted(errno.errorcode.items())}
    errnos |= {"EWOULDBLOCK": errno.EWOULDBLOCK, "EDEADLOCK": errno.EDEADLOCK, "ENOTSUP": errno.EOPNOTSUPP}
    syscalls = ",\n  ".join(f'"{name}": "{masks[name]:x}"' for name in sorted(masks))
    print(f'{{"arches": {json.dumps(list(ARCHES))},\n "errno": {json.dumps(errnos)},')
    print(f' "numbers": {{\n  {numbered}\n }},\n "syscalls": {{\n  {syscalls}\n }}}}')


if __name__ == "__main__":
    main(sys.argv[1])
