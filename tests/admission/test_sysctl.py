import pytest
from hypothesis import given
from hypothesis import strategies as st

from scclint.admission.field import FieldError
from scclint.admission.sysctl import matcher, validate
from tests.admission.build import provider

AT = ("spec", "securityContext", "sysctls")


def errors(name: str, minor: int = 33, **fields: list[str]) -> list[FieldError]:
    return validate(provider(minor, **fields), [{"name": "kernel.shm_rmid_forced"}, {"name": name, "value": "1"}], AT)


@pytest.mark.parametrize(
    ("name", "since"),
    [
        ("net.ipv4.ip_local_port_range", 24),
        ("net.ipv4.tcp_syncookies", 24),
        ("net.ipv4.ping_group_range", 24),
        ("net.ipv4.ip_unprivileged_port_start", 24),
        ("net.ipv4.tcp_keepalive_time", 29),
        ("net.ipv4.tcp_fin_timeout", 29),
        ("net.ipv4.tcp_keepalive_intvl", 29),
        ("net.ipv4.tcp_keepalive_probes", 29),
        ("net.ipv4.ip_local_reserved_ports", 34),
        ("net.ipv4.tcp_rmem", 34),
        ("net.ipv4.tcp_wmem", 34),
    ],
)
def test_safe_sysctls_by_release(name: str, since: int) -> None:
    assert errors(name, since) == []
    if since > 24:
        (error,) = errors(name, since - 1)
        assert (
            error.message("custom") == f'pod.spec.securityContext.sysctls[1]: Forbidden: unsafe sysctl "{name}" is not allowed'
        )
        assert (error.path, error.value) == ((*AT, 1, "name"), name)


@pytest.mark.parametrize(
    ("name", "allowed", "forbidden", "wording"),
    [
        ("net.core.somaxconn", ["net.core.*"], [], ""),
        ("net.core.somaxconn", ["net.core.somaxconn"], [], ""),
        ("net.core.somaxconn", ["*"], [], ""),
        ("net.core.somaxconn", ["net.core"], [], "unsafe sysctl"),
        ("net.core.somaxconn", ["*"], ["net.core.som*"], "sysctl"),
        ("net.ipv4.tcp_syncookies", [], ["net.ipv4.tcp_syncookies"], "sysctl"),
        ("net/core/somaxconn", ["net.core.*"], [], "unsafe sysctl"),
    ],
)
def test_patterns(name: str, allowed: list[str], forbidden: list[str], wording: str) -> None:
    found = [error.message("custom") for error in errors(name, allowedUnsafeSysctls=allowed, forbiddenSysctls=forbidden)]
    expected = f'pod.spec.securityContext.sysctls[1]: Forbidden: {wording} "{name}" is not allowed'
    assert found == ([expected] if wording else [])


PATTERNS = st.lists(st.text("ab.*", max_size=5)).map(tuple)


@given(PATTERNS, st.text("ab.*", max_size=6))
def test_patterns_match_as_one_by_one(patterns: tuple[str, ...], name: str) -> None:
    one_by_one = (name.startswith(p[:-1]) if p.endswith("*") else name == p for p in patterns)
    assert matcher(patterns)(name) == any(one_by_one)
