"""Seccomp profiles through the command line: files, folders laid out as on nodes, and what `explain` says of capabilities."""

import json
import re
from pathlib import Path

import pytest

from scclint.cli import main
from scclint.profiles.resolve import NATIVE
from scclint.profiles.runtime_default import VARIANTS, resolve_variant

PROFILES = Path(__file__).parents[3] / "fixtures" / "seccomp" / "profiles"
POD = """
apiVersion: v1
kind: Pod
metadata: {name: web, namespace: shop}
spec:
  containers:
    - name: web
      image: registry.example/web:1
      securityContext:
        allowPrivilegeEscalation: false
        seccompProfile: {type: Localhost, localhostProfile: profiles/web.json}
"""
WIDE = {
    "defaultAction": "SCMP_ACT_ERRNO",
    "defaultErrnoRet": 38,
    "architectures": ["SCMP_ARCH_X86_64"],
    "syscalls": [{"names": ["execve", "bpf"], "action": "SCMP_ACT_ALLOW"}],
}
SELECT = ("--isolated", "--select", "SEC208,SEC211,SEC212,MAN001")


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    return tmp_path


def check(*words: str) -> int:
    return main(["check", *SELECT, "--format", "concise", *words])


def seeded(path: Path) -> list[tuple[str, ...]]:
    """(line:column, rule, message) of each mistake that the profile was given, by the file beside it."""
    lines = path.with_suffix(".out").read_text("utf-8").splitlines()
    heads = [re.fullmatch(r"(\d+:\d+)-\d+ (\S+) \S+ (\S+)", line) for line in lines[::3]]
    found = [(head[1], head[2], lines[3 * i + 1].strip(), head[3]) for i, head in enumerate(heads) if head]
    # Keys that stand twice are MAN004's; nodes without a known architecture are as the profile wants them.
    return [(*rest, text) for *rest, text, id in found if id not in ("duplicate-key", "architecture-of-no-node")]


@pytest.mark.parametrize("path", sorted(PROFILES.glob("*.json")), ids=lambda path: path.stem)
def test_each_seeded_mistake_is_reported_at_its_place(path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    check(str(path))
    found = re.findall(r"^[^ ]*\.json:(\d+:\d+): (SEC\d+) (.*)$", capsys.readouterr().out, re.MULTILINE)
    # The other clauses of a long message are notes, which this format leaves out.
    assert sorted((*at, text.split("; ")[0]) for *at, text in found) == sorted(
        (*at, text.split("; ")[0]) for *at, text in seeded(path)
    )


@pytest.mark.parametrize("arch", sorted(NATIVE))
def test_no_release_of_runtime_default_has_a_finding(arch: str, folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    for variant in VARIANTS:
        for caps in ((), ("CAP_SYS_ADMIN",)):
            name = f"{variant.crio}-{len(caps)}.json"
            (folder / name).write_text(json.dumps(resolve_variant(variant, caps, arch)))
    assert check(".") == 0
    assert f"{2 * len(VARIANTS)} documents: {2 * len(VARIANTS)} linted" in capsys.readouterr().out


def test_a_profile_folder_provides_and_is_linted(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (folder / "pod.yaml").write_text(POD)
    assert check("pod.yaml") == 1
    assert "SEC208 Pod web: container web runs with localhostProfile: profiles/web.json" in capsys.readouterr().out
    (folder / "nodes" / "profiles").mkdir(parents=True)
    (folder / "nodes" / "profiles" / "web.json").write_text(json.dumps(WIDE, indent=1))
    assert check("pod.yaml", "--profile-dir", "nodes") == 1
    out = capsys.readouterr().out
    assert "SEC208" not in out
    assert "nodes/profiles/web.json:11:5: SEC211 syscalls[0] allows syscalls that RuntimeDefault denies: bpf" in out
    # No privilege escalation, so the runtime loads the filter last.
    assert "set up the container" not in out


def test_the_configuration_names_profile_folders_relative_to_itself(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (folder / "pod.yaml").write_text(POD)
    (folder / ".scclint.yaml").write_text("profile-dirs: [nodes]\nselect: [SEC208, SEC211]\n")
    (folder / "nodes" / "profiles").mkdir(parents=True)
    (folder / "nodes" / "profiles" / "web.json").write_text(json.dumps(WIDE))
    assert main(["check", "--format", "concise", "pod.yaml"]) == 1
    assert re.findall(r"SEC\d+", capsys.readouterr().out) == ["SEC211"]


def test_a_missing_profile_folder_is_an_error(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (folder / "pod.yaml").write_text(POD)
    assert check("pod.yaml", "--profile-dir", "nowhere") == 2
    assert "nowhere" in capsys.readouterr().err


def test_a_profile_file_of_the_input_provides_by_the_end_of_its_path(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (folder / "pod.yaml").write_text(POD)
    (folder / "ansible" / "profiles").mkdir(parents=True)
    (folder / "ansible" / "profiles" / "web.json").write_text(json.dumps(WIDE))
    (folder / "other-web.json").write_text(json.dumps(WIDE))
    check(".")
    out = capsys.readouterr().out
    assert "SEC208" not in out
    used = [line for line in out.splitlines() if "set up the container" in line]
    assert [line.split(":")[0] for line in used] == ["other-web.json"], "of the other one it is not known who uses it"


def test_other_json_is_none_of_our_business(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (folder / "waf.json").write_text('{"defaultAction": {"type": "ALLOW"}, "rules": []}')
    (folder / "package.json").write_text('{"name": "x", "syscalls": [{"names": ["SCMP_"]}]}')
    assert check(".") == 4
    assert main(["check", *SELECT, "waf.json", "package.json"]) == 4
    assert "2 documents: 0 linted" in capsys.readouterr().out


def test_explain_says_what_capabilities_open_up(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    added = "securityContext: {seccompProfile: {type: RuntimeDefault}, capabilities: {add: [SYS_TIME, NET_ADMIN]}}"
    plain = "securityContext: {seccompProfile: {type: RuntimeDefault}}"
    (folder / "pod.yaml").write_text(
        "apiVersion: v1\nkind: Pod\nmetadata: {name: clock, namespace: shop}\nspec:\n  containers:\n"
        f"    - {{name: a, image: x, {added}}}\n    - {{name: b, image: x, {plain}}}\n"
    )
    assert main(["explain", "--isolated", "pod.yaml"]) == 0
    said = re.findall(r"(CAP_\S+) opens up (.*?)\.", " ".join(capsys.readouterr().out.split()))
    assert said == [("CAP_SYS_TIME", "clock_settime, clock_settime64, settimeofday and stime")]
    assert main(["explain", "--isolated", "--format", "json", "pod.yaml"]) == 0
    a, b = json.loads(capsys.readouterr().out)["workloads"][0]["containers"]
    assert a["opened"] == {"CAP_SYS_TIME": ["clock_settime", "clock_settime64", "settimeofday", "stime"]}
    assert b["opened"] == {}


POOLS = """
cluster:
  node-pools:
    - {name: worker, seccompDefault: true}
    - {name: gpu, nodeSelector: {node-role.kubernetes.io/gpu: ""}}
"""
BARE = (
    "apiVersion: v1\nkind: Pod\nmetadata: {name: web, namespace: kube-system}\nspec:\n  containers: [{name: web, image: x}]\n"
)


@pytest.mark.parametrize(
    ("more", "said"),
    [
        ("", "It depends on the node pool: unconfined on gpu, RuntimeDefault on worker."),
        ('  nodeSelector: {node-role.kubernetes.io/gpu: ""}\n', "The manifest sets no profile, and no SCC applies one."),
    ],
)
def test_pools_of_the_configuration_count(more: str, said: str, folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (folder / ".scclint.yaml").write_text(POOLS)
    (folder / "pod.yaml").write_text(BARE + more)
    for platform in ((), ("--platform", "kubernetes")):
        assert main(["explain", *platform, "pod.yaml"]) == 0
        assert said in " ".join(capsys.readouterr().out.split()).replace("- ", "-")
