"""The data files, and the schemas beside them."""

import json
from importlib.resources import files
from typing import Any

import pytest
from jsonschema import Draft202012Validator

from scclint.profiles.resolve import NATIVE
from scclint.profiles.runtime_default import VARIANTS, resolve_variant
from scclint.seccomp.tables import errno_name, errno_number, is_syscall, syscalls_of


def test_syscalls_are_those_of_their_architecture() -> None:
    assert {"socketcall", "mmap2", "chown32"} <= syscalls_of("x86") - syscalls_of("amd64")
    assert {"arch_prctl", "semget", "socket"} <= syscalls_of("amd64")
    assert "open" not in syscalls_of("arm64")
    assert "s390_pci_mmio_read" in syscalls_of("s390x") - syscalls_of("amd64")
    for arch in (*NATIVE, "x86", "x32", "arm", "s390"):
        assert {"read", "execve", "clone", "openat", "mseal"} <= syscalls_of(arch), arch


def test_unknown_architectures_have_none() -> None:
    with pytest.raises(ValueError, match="not in list"):
        syscalls_of("vax")


def test_every_name_of_every_runtime_default_is_a_syscall() -> None:
    names = {name for v in VARIANTS for a in NATIVE for rule in resolve_variant(v, (), a)["syscalls"] for name in rule["names"]}
    assert len(names) > 400
    assert [name for name in names if not is_syscall(name)] == []
    assert not is_syscall("opanat")


def test_errno_names() -> None:
    assert (errno_number("EPERM"), errno_number("ENOSYS"), errno_number("ENOPE")) == (1, 38, None)
    assert (errno_name(1), errno_name(38), errno_name(4095)) == ("EPERM", "ENOSYS", "4095")
    assert errno_name(11) == "EAGAIN"


@pytest.mark.parametrize("form", ["oci", "containers"])
def test_schemas_are_valid_and_describe_every_key(form: str) -> None:
    schema: dict[str, Any] = json.loads(files("scclint.schemas").joinpath(f"seccomp-profile-{form}.json").read_text("utf-8"))
    Draft202012Validator.check_schema(schema)
    for key, value in schema["properties"].items():
        assert value.get("description"), key
    for variant in VARIANTS:
        Draft202012Validator(schema).validate(resolve_variant(variant))
