"""System calls that audit records and logs name: their names, and what RuntimeDefault does with them."""

import pytest

from scclint.config.model import Config
from scclint.message.answers import answer
from scclint.message.incidents import incidents
from scclint.message.system_calls import system_calls_of

RECORD = (
    'type=1326 audit(1.2:3): auid=1 uid=2 gid=0 ses=1 pid=9 comm="app" exe="/app" sig=0 arch={arch} syscall={call} compat=0 ip=0x1 '
    "code={code}AUID=unset"
)


def explained(text: str, release: str = "4.20") -> tuple[str, str]:
    """The cause and what to do."""
    (incident,) = incidents(text)
    given = answer(incident, Config(openshift=(release,)))
    return given.cause, given.steps[0].text


@pytest.mark.parametrize(
    ("arch", "number", "name"),
    [
        ("c000003e", 425, "io_uring_setup"),
        ("c00000b7", 425, "io_uring_setup"),
        ("c000003e", 272, "unshare"),
        ("c00000b7", 97, "unshare"),
        ("c0000015", 282, "unshare"),
        ("80000016", 303, "unshare"),
        ("x86_64", 165, "mount"),
        ("40000003", 21, "mount"),
    ],
)
def test_the_name_of_a_call_by_its_number(arch: str, number: int, name: str) -> None:
    cause, _ = explained(RECORD.format(arch=arch, call=number, code="0x50001"))
    assert f"The program app makes the system call `{name}` ({number} on " in cause


def test_a_number_without_its_architecture() -> None:
    assert [call.name for call in system_calls_of({"syscall": "435"})] == ["clone3"]
    assert [call.name for call in system_calls_of({"syscall": "97"})] == ["getrlimit", "unshare"]
    assert system_calls_of({"syscall": "9999", "arch": "c000003e"}) == ()
    assert (
        "It is `getrlimit` (97 on x86_64) and `unshare` (97 on aarch64)." in explained("type=1326 audit(1.2:3): syscall=97")[0]
    )


@pytest.mark.parametrize(
    ("text", "said", "advice"),
    [
        (
            "io_uring_queue_init: Operation not permitted",
            "refuses it, whatever the capabilities",
            '"names": ["io_uring_setup"]',
        ),
        (
            "bpf: Operation not permitted",
            "to containers with capability BPF or SYS_ADMIN alone",
            'add: ["BPF"]',
        ),
        (
            "mount: /mnt: mount(2): Operation not permitted",
            "allows it. The kernel wants capability SYS_ADMIN",
            'add: ["SYS_ADMIN"]',
        ),
        (
            RECORD.format(arch="c000003e", call=1, code="0x50001"),
            "The profile answers with EPERM.",
            "Use RuntimeDefault, or allow",
        ),
        (RECORD.format(arch="c000003e", call=425, code="0x7ffc0000"), "Nothing is blocked", "Leave it as it is"),
        (
            RECORD.format(arch="c000003e", call=425, code="0x80000000"),
            "RuntimeDefault never does",
            "Allow `io_uring_setup` in the",
        ),
    ],
)
def test_what_the_profile_does_and_what_helps(text: str, said: str, advice: str) -> None:
    cause, step = explained(text)
    assert said in cause
    assert advice in step


def test_the_release_decides() -> None:
    text = RECORD.format(arch="c000003e", call=435, code="0x50026")
    assert "RuntimeDefault of OpenShift 4.11 allows it." in explained(text, "4.11")[0]
    assert "RuntimeDefault of OpenShift 4.20 allows it to containers with capability SYS_ADMIN alone." in explained(text)[0]


@pytest.mark.parametrize(("call", "older"), [(435, "clone"), (332, "newfstatat"), (425, "")])
def test_the_library_uses_an_older_call_after_enosys(call: int, older: str) -> None:
    (incident,) = incidents(RECORD.format(arch="c000003e", call=call, code="0x50000"))
    found = answer(incident, Config())
    assert "with an error, whose number the record does not have" in found.cause
    steps = [step.text for step in found.steps]
    assert len(steps) == 1 + bool(older)
    assert f"uses `{older}`" in steps[0] or not older
