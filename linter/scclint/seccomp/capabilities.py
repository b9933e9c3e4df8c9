"""Compute the capability bounding set that CRI-O gives a container."""

from collections.abc import Iterable, Mapping
from typing import Any

_CRIO_DEFAULT = "CHOWN DAC_OVERRIDE FSETID FOWNER SETGID SETUID SETPCAP NET_BIND_SERVICE KILL"
_ALL = (
    "AUDIT_CONTROL AUDIT_READ AUDIT_WRITE BLOCK_SUSPEND BPF CHECKPOINT_RESTORE CHOWN DAC_OVERRIDE DAC_READ_SEARCH FOWNER "
    "FSETID IPC_LOCK IPC_OWNER KILL LEASE LINUX_IMMUTABLE MAC_ADMIN MAC_OVERRIDE MKNOD NET_ADMIN NET_BIND_SERVICE "
    "NET_BROADCAST NET_RAW PERFMON SETFCAP SETGID SETPCAP SETUID SYSLOG SYS_ADMIN SYS_BOOT SYS_CHROOT SYS_MODULE SYS_NICE "
    "SYS_PACCT SYS_PTRACE SYS_RAWIO SYS_RESOURCE SYS_TIME SYS_TTY_CONFIG WAKE_ALARM"
)

CRIO_DEFAULT = frozenset(f"CAP_{name}" for name in _CRIO_DEFAULT.split())
"""CRI-O's `default_capabilities`. OpenShift does not change them."""

ALL = frozenset(f"CAP_{name}" for name in _ALL.split())
"""Every capability of Linux 5.9 and later."""


def bounding_set(add: Iterable[str] = (), drop: Iterable[str] = ()) -> frozenset[str]:
    """Return the bounding set of a container with these `securityContext.capabilities`, after SCC admission.

    Names may have the prefix `CAP_` or not (`NET_ADMIN`, `ALL`); the result has it. As in CRI-O, `ALL` takes effect before single
    names in either list: `drop: [ALL]` with `add: [CHOWN]` leaves CHOWN.
    """
    added, dropped = {canonical(name) for name in add}, {canonical(name) for name in drop}
    capabilities = set(CRIO_DEFAULT)
    if "CAP_ALL" in added:
        capabilities |= ALL
    if "CAP_ALL" in dropped:
        capabilities.clear()
    return frozenset((capabilities | added - {"CAP_ALL"}) - dropped)


def bounding_set_of(container: Mapping[str, Any]) -> frozenset[str]:
    """Return the bounding set of a container of an admitted pod: every capability if the container is privileged."""
    context = container.get("securityContext") or {}
    if context.get("privileged"):
        return ALL
    capabilities = context.get("capabilities") or {}
    return bounding_set(capabilities.get("add") or (), capabilities.get("drop") or ())


def canonical(name: str) -> str:
    """Return the name in upper case with `CAP_`: `CAP_NET_ADMIN` for `net_admin`, `NET_ADMIN` and `CAP_NET_ADMIN`."""
    upper = name.strip().upper()
    return upper if upper.startswith("CAP_") else f"CAP_{upper}"
