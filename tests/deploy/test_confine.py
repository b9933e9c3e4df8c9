"""The process that limits itself before it becomes a renderer, on kernels that forbid a network namespace as well."""

import io
import os
import resource

import pytest

from scclint.deploy import confine


class Written(io.StringIO):
    """A file that adds its text to a mapping when it is closed."""

    def __init__(self, files: dict[str, str], name: str) -> None:
        super().__init__()
        self._files = files
        self._name = name

    def close(self) -> None:
        self._files[self._name] = self.getvalue()
        super().close()


def test_the_user_keeps_their_id_in_a_network_namespace(monkeypatch: pytest.MonkeyPatch) -> None:
    files: dict[str, str] = {}
    flags: list[int] = []
    monkeypatch.setattr(confine, "_unshare", flags.append)
    monkeypatch.setattr(confine, "open", lambda name, mode, encoding: Written(files, name), raising=False)
    confine.isolate()
    assert flags == [0x50000000], "CLONE_NEWUSER and CLONE_NEWNET of sched.h"
    user, group = os.geteuid(), os.getegid()
    assert list(files.items()) == [
        ("/proc/self/setgroups", "deny"),
        ("/proc/self/uid_map", f"{user} {user} 1"),
        ("/proc/self/gid_map", f"{group} {group} 1"),
    ]


def test_limits_are_set_where_the_system_takes_them(monkeypatch: pytest.MonkeyPatch) -> None:
    limits: dict[int, tuple[int, int]] = {}

    def setrlimit(what: int, most: tuple[int, int]) -> None:
        limits[what] = most
        raise ValueError("not allowed to raise maximum limit")

    monkeypatch.setattr(resource, "setrlimit", setrlimit)
    confine.limit(1 << 30, 60)
    assert limits == {
        resource.RLIMIT_AS: (1 << 30, 1 << 30),
        resource.RLIMIT_CPU: (60, 60),
        resource.RLIMIT_CORE: (0, 0),
    }


@pytest.fixture
def steps(monkeypatch: pytest.MonkeyPatch) -> list[object]:
    """What `main` does, in order."""
    done: list[object] = []
    monkeypatch.setattr(confine, "isolate", lambda: done.append(()))
    monkeypatch.setattr(confine, "limit", lambda *given: done.append(given))
    monkeypatch.setattr(os, "execve", lambda *given: done.append(given[:2]))
    return done


def test_limits_come_before_the_program(steps: list[object]) -> None:
    confine.main(["1", "10", "20", "/bin/helm", "template", "."])
    assert steps == [(), (10, 20), ("/bin/helm", ["/bin/helm", "template", "."])]
    steps.clear()
    confine.main(["0", "10", "20", "/bin/helm"])
    assert steps == [(10, 20), ("/bin/helm", ["/bin/helm"])]


def test_a_program_that_cannot_be_limited_is_not_started(
    steps: list[object], monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def forbidden() -> None:
        raise OSError(1, "Operation not permitted")

    monkeypatch.setattr(confine, "isolate", forbidden)
    assert confine.main(["1", "10", "20", "/bin/helm"]) == confine.FAILED == 125
    assert steps == []
    assert capsys.readouterr().err == "cannot start /bin/helm within its limits: Operation not permitted\n"
