"""`scclint seccomp` and `scclint verify`, from the command line to what they print."""

import argparse
import json
from collections.abc import Sequence
from pathlib import Path

import pytest

from scclint.errors import LoadError, UsageError
from scclint.seccomp.commands import add_seccomp_parser, add_verify_parser, disagreements
from scclint.seccomp.evidence import Observation, Who
from scclint.seccomp.runtime_default import resolve
from scclint.seccomp.verify import Prediction, verify

FIXTURES = Path(__file__).parents[2] / "fixtures" / "seccomp"
PREDICTIONS = [
    Prediction(
        "Deployment",
        "demo",
        "confined",
        "app",
        "RuntimeDefault",
        None,
        2,
        "restricted-v2",
        "SCC default",
        file="m.yaml",
        line=3,
    ),
    Prediction(
        "Deployment", "demo", "unconfined", "app", "Unconfined", None, 0, "anyuid", "kubelet default", file="m.yaml", line=9
    ),
]


def predict(paths: Sequence[str]) -> list[Prediction]:
    return [] if list(paths) == ["empty"] else PREDICTIONS


def run(*words: str) -> int:
    parser = argparse.ArgumentParser()
    commands = parser.add_subparsers()
    add_seccomp_parser(commands, predict)
    add_verify_parser(commands, predict)
    args = parser.parse_args(words)
    status: int = args.run(args)
    return status


@pytest.mark.parametrize(
    ("options", "lines"),
    [
        (["--openshift", "4.15"], 637),
        (["--openshift", "4.16"], 708),
        (["--crio", "1.29.8"], 637),
        (["--crio", "1.34", "--cap", "CAP_SYS_ADMIN"], 659),
        (["--crio", "1.34", "--cap", "sys_time,SYS_CHROOT"], 722),
        ([], 729),
    ],
)
def test_show_prints_what_crictl_would(options: list[str], lines: int, capsys: pytest.CaptureFixture[str]) -> None:
    assert run("seccomp", "show", *options) == 0
    out = capsys.readouterr().out
    assert out.count("\n") == lines
    assert out == json.dumps(json.loads(out), indent=2, sort_keys=True) + "\n"


def test_show_for_another_architecture(capsys: pytest.CaptureFixture[str]) -> None:
    run("seccomp", "show", "--openshift", "4.16", "--arch", "s390x")
    assert json.loads(capsys.readouterr().out) == resolve("1.29", (), "s390x")


@pytest.mark.parametrize(
    "words",
    [("--openshift", "4.99"), ("--crio", "9"), ("--cap", "SYS_ADMINISTRATOR")],
)
def test_what_is_unknown_is_a_usage_error(words: tuple[str, str]) -> None:
    with pytest.raises(UsageError, match="known"):
        run("seccomp", "show", *words)


@pytest.mark.parametrize("words", [("--arch", "vax"), ("--openshift", "4.16", "--crio", "1.29")])
def test_what_argparse_refuses(words: tuple[str, ...]) -> None:
    with pytest.raises(SystemExit) as stop:
        run("seccomp", "show", *words)
    assert stop.value.code == 2


def test_diff_of_two_releases(capsys: pytest.CaptureFixture[str]) -> None:
    assert run("seccomp", "diff", "1.29.8", "4.16") == 0
    assert capsys.readouterr().out == (
        "A: RuntimeDefault of CRI-O 1.29.8\n"
        "B: RuntimeDefault of OpenShift 4.16\n"
        "\n"
        "any other syscall: denied, ERRNO(ENOSYS)\n"
        "\n"
        "B lets through less (2):\n"
        "  clone\n"
        "    A: allowed\n"
        "    B: conditional: ALLOW if arg0 & 0x7e020000 == 0x0; ERRNO(EPERM) if arg0 & 0x7e020000 != 0x0; else ERRNO(ENOSYS)\n"
        "  clone3\n"
        "    A: allowed\n"
        "    B: denied, ERRNO(ENOSYS)\n"
    )


def diffed(capsys: pytest.CaptureFixture[str], *words: str) -> dict[str, object]:
    assert run("seccomp", "diff", *words, "--format", "json") == 0
    found: dict[str, object] = json.loads(capsys.readouterr().out)
    return found


def opened(found: dict[str, object]) -> set[str]:
    changes = found["changes"]
    assert isinstance(changes, list)
    return {name for change in changes if change["direction"] == "opened" for name in change["syscalls"]}


def test_diff_in_json(capsys: pytest.CaptureFixture[str]) -> None:
    found = diffed(capsys, "4.20", "4.20+SYS_CHROOT")
    assert (found["version"], found["same"], opened(found)) == (1, False, {"chroot"})
    assert found["b"] == "RuntimeDefault of OpenShift 4.20 with CAP_SYS_CHROOT"
    assert diffed(capsys, "crio:1.33", "openshift:4.20")["same"] is True


def test_diff_of_files_and_containers(capsys: pytest.CaptureFixture[str]) -> None:
    file = str(FIXTURES / "profiles" / "wider-than-runtime-default.json")
    assert "bpf" in opened(diffed(capsys, "4.22", file))
    manifest = str(FIXTURES / "article" / "manifests.yaml")
    containers = (f"{manifest}#confined/app", f"{manifest}#Deployment/unconfined/app")
    assert "bpf" in opened(diffed(capsys, *containers))
    assert diffed(capsys, containers[0], "4.22")["same"] is True
    assert diffed(capsys, containers[1], "unconfined")["same"] is True


def test_diff_of_equals_says_so(capsys: pytest.CaptureFixture[str]) -> None:
    run("seccomp", "diff", "4.18", "4.19")
    assert "Both treat every syscall alike." in capsys.readouterr().out


@pytest.mark.parametrize("text", ["4", "no-such-file.json", "no-such.yaml#a/b", "4.16+"])
def test_what_cannot_be_compared(text: str) -> None:
    with pytest.raises(UsageError, match="profile file"):
        run("seccomp", "diff", text, "4.16")


def test_a_container_that_is_not_there() -> None:
    with pytest.raises(UsageError, match="no such container"):
        run("seccomp", "diff", f"{FIXTURES / 'article' / 'manifests.yaml'}#web/app", "4.16")


def test_a_broken_profile_is_refused_at_its_place() -> None:
    with pytest.raises(LoadError) as error:
        run("seccomp", "diff", "4.16", str(FIXTURES / "profiles" / "invalid-action.json"))
    assert (error.value.line, error.value.column) == (67, 7)


EVIDENCE = str(FIXTURES / "article" / "evidence")


def test_verify_agrees_with_the_article(capsys: pytest.CaptureFixture[str]) -> None:
    assert run("verify", "--manifests", "m.yaml", "--evidence", EVIDENCE, "--openshift", "4.15") == 0
    assert capsys.readouterr().out.splitlines()[-1] == "2 agree, 0 disagree, 0 without evidence"


def test_verify_disagrees_about_the_release(capsys: pytest.CaptureFixture[str]) -> None:
    assert run("verify", "--manifests", "m.yaml", "--evidence", EVIDENCE, "--openshift", "4.20") == 1
    out = capsys.readouterr().out
    assert out.startswith("disagree: m.yaml:3: Deployment demo/confined, container app, pod confined-6d4cf56db6-x8x2p\n")
    assert "    release: it is the RuntimeDefault of CRI-O 1.25.0 to 1.29.8" in out


def test_verify_in_json(capsys: pytest.CaptureFixture[str]) -> None:
    run("verify", "--manifests", "m.yaml", "--evidence", EVIDENCE, "--format", "json")
    found = json.loads(capsys.readouterr().out)
    assert (found["version"], found["agrees"], found["unmatched"]) == (1, True, [])
    confined = found["containers"][0]
    assert (confined["status"], confined["closest"]["exact"], confined["closest"]["crio"]) == ("agree", True, "1.25.0")
    assert found["containers"][1]["closest"] is None


def test_verify_without_manifests_or_evidence() -> None:
    assert run("verify", "--manifests", "empty", "--evidence", EVIDENCE) == 4
    with pytest.raises(UsageError, match="no such evidence: missing"):
        run("verify", "--manifests", "m.yaml", "--evidence", "missing")


def test_disagreements_as_findings() -> None:
    seen = Observation(Who("demo", "confined-6d4cf56db6-x8x2p", "app"), "proc", "status", mode=0)
    (finding,) = disagreements(verify(PREDICTIONS, [seen]))
    assert (finding.rule_id, finding.span.file, finding.span.line, finding.subject.container) == ("VER001", "m.yaml", 3, "app")
    assert "predicted RuntimeDefault, Seccomp: 2, SCC restricted-v2, observed Seccomp: 0" in finding.message
