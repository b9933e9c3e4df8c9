"""`scclint seccomp` and `scclint verify`, from the command line to what they print."""

import json
from pathlib import Path

import pytest

from scclint.apps.evidence.captures import Identity, Observation
from scclint.apps.evidence.report import disagreements
from scclint.apps.evidence.verify import verify
from scclint.cli import main
from scclint.profiles.runtime_default import resolve
from scclint.record import replace
from scclint.source import Span
from tests.apps.evidence.predicted import prediction

FIXTURES = Path(__file__).parents[3] / "fixtures" / "seccomp"
CONFINED = prediction("RuntimeDefault", 2, "restricted-v2", "SCC default")
PREDICTIONS = [replace(CONFINED, row=replace(CONFINED.row, name="confined", place=Span("m.yaml", 3, 1, 3, 1)))]


def run(*words: str) -> int:
    return main([*words])


def refused(capsys: pytest.CaptureFixture[str], *words: str) -> str:
    assert run(*words) == 2
    return capsys.readouterr().err


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
    [
        ("--openshift", "4.99"),
        ("--crio", "9"),
        ("--cap", "SYS_ADMINISTRATOR"),
        ("--arch", "vax"),
    ],
)
def test_what_is_unknown_is_a_usage_error(words: tuple[str, str], capsys: pytest.CaptureFixture[str]) -> None:
    assert "know" in refused(capsys, "seccomp", "show", *words)


def test_only_one_release_is_compared_with(capsys: pytest.CaptureFixture[str]) -> None:
    assert "give one of them" in refused(capsys, "seccomp", "show", "--openshift", "4.16", "--crio", "1.29")
    several = refused(capsys, "seccomp", "diff", "4.16", "4.20", "--isolated", "--openshift", "4.16,4.20")
    assert "only one cluster can be compared with, not 4.16, 4.20" in several


def test_show_into_a_file(tmp_path: Path) -> None:
    out = tmp_path / "profile.json"
    assert run("seccomp", "show", "--openshift", "4.15", "-o", str(out)) == 0
    assert out.read_text().count("\n") == 637


def test_4_22_and_5_0_have_the_same_default(capsys: pytest.CaptureFixture[str]) -> None:
    assert run("seccomp", "diff", "4.22", "5.0") == 0
    assert capsys.readouterr().out == (
        "A: RuntimeDefault of OpenShift 4.22\nB: RuntimeDefault of OpenShift 5.0\n\nBoth treat every syscall alike.\n"
    )


def test_diff_of_two_releases(capsys: pytest.CaptureFixture[str]) -> None:
    assert run("seccomp", "diff", "1.29.8", "4.16") == 0
    assert capsys.readouterr().out == (
        "A: RuntimeDefault of CRI-O 1.29.8\n"
        "B: RuntimeDefault of OpenShift 4.16\n"
        "\n"
        "any other syscall: denied, ERRNO(ENOSYS)\n"
        "\n"
        "B allows less (2):\n"
        "  clone\n"
        "    A: allowed\n"
        "    B: conditional: ALLOW if arg0 & 0x7e020000 == 0x0; ERRNO(EPERM) if arg0 & 0x7e020000 != 0x0; else ERRNO(ENOSYS)\n"
        "  clone3\n"
        "    A: allowed\n"
        "    B: denied, ERRNO(ENOSYS)\n"
    )


def diffed(capsys: pytest.CaptureFixture[str], *words: str) -> dict[str, object]:
    assert run("seccomp", "diff", "--isolated", *words, "--format", "json") == 0
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
def test_what_cannot_be_compared(text: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert "profile file" in refused(capsys, "seccomp", "diff", text, "4.16")


def test_a_container_that_is_not_there(capsys: pytest.CaptureFixture[str]) -> None:
    text = f"{FIXTURES / 'article' / 'manifests.yaml'}#web/app"
    assert "no container matches" in refused(capsys, "seccomp", "diff", text, "4.16")


def test_a_broken_profile_is_refused_at_its_place(capsys: pytest.CaptureFixture[str]) -> None:
    file = str(FIXTURES / "profiles" / "invalid-action.json")
    assert f"{file}:70:7: syscalls[2].action: 'SCMP_ACT_PERMIT'" in refused(capsys, "seccomp", "diff", "4.16", file)


def test_disagreements_as_findings() -> None:
    seen = Observation(Identity("demo", "confined-6d4cf56db6-x8x2p", "app"), "proc", "status", mode=0)
    (finding,) = disagreements(verify(PREDICTIONS, [seen]))
    assert (finding.rule_id, finding.span.file, finding.span.line, finding.subject.container) == ("VER001", "m.yaml", 3, "app")
    assert "predicted RuntimeDefault, Seccomp: 2, SCC restricted-v2, observed Seccomp: 0" in finding.message
