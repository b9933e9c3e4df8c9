"""Bad input gets one clear error each, never a traceback, and takes no other finding with it."""

from __future__ import annotations

import io
import os
import shlex
import shutil
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from tests.cli.conftest import Cli

MIB = 1 << 20


@pytest.fixture
def beside(demo: Path, cli: Cli) -> Cli:
    """Lints what lies in `input` together with a manifest that has a finding, which must be there whatever lies beside it."""
    (demo / "input").mkdir()
    shutil.copy(demo / "demo" / "bare-pod.yaml", demo / "input" / "zzz.yaml")

    def check(*words: str) -> object:
        run = cli("check", "--format", "concise", *(words or ("input",)))
        assert "input/zzz.yaml:9:7: SEC201 " in run.out
        assert "Traceback" not in run.out + run.err
        assert max(map(len, (run.out + run.err).splitlines())) < 500
        assert len((run.out + run.err).splitlines()) < 12
        return run

    return check  # type: ignore[return-value]


def test_binary(beside: Cli) -> None:
    Path("input/a.yaml").write_bytes(bytes(range(256)) * 100)
    run = beside()
    assert (run.status, run.err) == (2, "input/a.yaml:2: error: not a text file: byte 0x80 is not UTF-8\n")


def test_text_in_another_encoding(beside: Cli) -> None:
    Path("input/a.yaml").write_bytes("kind: Pod\nname: Zürich\n".encode("latin-1"))
    run = beside()
    assert (run.status, run.err) == (2, "input/a.yaml:2: error: not a text file: byte 0xfc is not UTF-8\n")


def test_truncated_yaml(beside: Cli) -> None:
    text = Path("input/zzz.yaml").read_text()
    Path("input/a.yaml").write_text(text.replace("name: shell", "name: first") + "---\nkind: Pod\nmetadata: {name: web,\n")
    run = beside()
    assert run.status == 2
    lines = run.out.splitlines()
    assert any(line.startswith("input/a.yaml:9:7: SEC201 Pod first: ") for line in lines), run.out
    assert any(line.startswith("input/a.yaml:") and ": MAN001 this document cannot be read: " in line for line in lines), (
        run.out
    )
    assert "1 unparsable" in lines[-1]


def test_deep_nesting(beside: Cli) -> None:
    Path("input/a.yaml").write_text("kind: Pod\nmetadata: " + "[" * 100_000)
    Path("input/b.json").write_text('{"kind": "Pod", "metadata": ' + '{"a":' * 100_000)
    Path("input/c.yaml").write_text("kind: Pod\nmetadata:\n" + "".join(f"{' ' * n}a:\n" for n in range(1, 2000)))
    run = beside()
    assert run.status == 2
    assert run.out.count(": MAN001 ") == 3


def test_aliases_that_multiply(beside: Cli) -> None:
    levels = "".join(f"  l{n}: &l{n} [{', '.join([f'*l{n - 1}'] * 10)}]\n" for n in range(1, 10))
    Path("input/a.yaml").write_text(f"kind: Pod\nmetadata:\n  l0: &l0 [x, x]\n{levels}")
    Path("input/b.yaml").write_text("kind: Pod\nmetadata: &m {again: *m}\n")
    run = beside()
    assert run.status == 2
    assert run.out.count(": MAN001 ") == 2


def test_larger_than_what_is_read(beside: Cli) -> None:
    with open("input/a.yaml", "wb") as file:
        file.truncate(65 * MIB)
    run = beside()
    assert (run.status, run.err) == (2, "input/a.yaml: error: larger than 64 MiB, which is not read\n")


def test_unreadable(beside: Cli, monkeypatch: pytest.MonkeyPatch) -> None:
    Path("input/a.yaml").write_text("kind: Pod\n")
    Path("input/a.yaml").chmod(0)
    if os.geteuid() == 0:  # root may read everything
        real = os.open

        def refusing(path: str, flags: int, mode: int = 0o777) -> int:
            if str(path).endswith("input/a.yaml"):
                raise PermissionError(13, "Permission denied", path)
            return real(path, flags, mode)

        monkeypatch.setattr(os, "open", refusing)
    run = beside()
    assert (run.status, run.err) == (2, "input/a.yaml: error: cannot be read: permission denied\n")


def test_what_is_no_file(beside: Cli) -> None:
    os.mkfifo("input/a.yaml")
    Path("input/b.yaml").symlink_to("nowhere")
    run = beside("input", "input/none.yaml")
    assert run.status == 2
    assert run.err.splitlines() == [
        "input/a.yaml: error: is a FIFO (pipe text in with `-` instead), not a regular file",
        "input/b.yaml: warning: is a link to a file that is not there",
        "input/none.yaml: error: no such file or directory",
    ]


def test_template_source(beside: Cli) -> None:
    Path("input/a.yaml").write_text("kind: Pod\nspec: {{ .Values.spec }}\n  containers: [\n")
    run = beside()
    assert run.status == 1
    assert run.err.startswith("note: input/a.yaml: not judged, because it is a template")
    assert "1 not judged" in run.out


def test_names_cannot_steer_the_terminal(beside: Cli) -> None:
    Path("input/a\x1b[2J.yaml").write_text("kind: [\n")
    Path("input/b.yaml").write_text('kind: Pod\napiVersion: v1\nmetadata: {name: "a\\e[2J"}\nspec: {containers: [{name: a}]}\n')
    run = beside()
    assert "\x1b" not in run.out + run.err
    assert "\\x1b[2J" in run.out


class TestWords:
    """What is wrong with the command line itself: one screen, the way out, status 2."""

    @pytest.mark.parametrize(
        ("words", "message"),
        [
            (("check", "--nope", "."), "scclint check: unrecognized arguments: --nope\n"),
            (("check", "--exit-zer"), "scclint check: unrecognized arguments: --exit-zer\n"),
            (
                ("check", "--selct=X", ".", "--foo", "--no-cahce"),
                "scclint check: unrecognized arguments: --selct=X (did you mean --select?) --foo --no-cahce (did you mean --no-cache?)\n",
            ),
            (("server", "more"), "scclint server: unrecognized arguments: more\n"),
            (("rules", "SCC101"), "scclint rules: unrecognized arguments: SCC101 (did you mean `scclint rule SCC101`?)\n"),
            (
                ("seccomp", "show", "4.18"),
                "scclint seccomp show: unrecognized arguments: 4.18 (did you mean --openshift 4.18?)\n",
            ),
            (
                ("seccomp", "show", "--cp", "BPF"),
                "scclint seccomp show: unrecognized arguments: --cp (did you mean --cap?) BPF\n",
            ),
            (("--verson",), "scclint: unrecognized arguments: --verson (did you mean --version?)\n"),
            (("check", "--format", "zzz"), "scclint check: argument --format: unknown value 'zzz'; use one of full, concise, "),
            (
                ("check", "--format", "xml"),
                "scclint check: argument --format: unknown value 'xml'; use one of ",
            ),
            (
                ("check", "--format", "text"),
                "scclint check: argument --format: unknown value 'text' (did you mean full?); use one of ",
            ),
            (
                ("review", "--format", "yaml"),
                "scclint review: argument --format: unknown value 'yaml' (did you mean json?); use one of ",
            ),
            (
                ("check", "--platform", "ocp"),
                "scclint check: argument --platform: unknown value 'ocp' (did you mean openshift?); use one of ",
            ),
            (
                ("check", "--platform", "k8s"),
                "scclint check: argument --platform: unknown value 'k8s' (did you mean kubernetes?); use one of ",
            ),
            (
                ("review", "--only", "rejected"),
                "scclint review: argument --only: unknown value 'rejected' (did you mean refused?); use one of ",
            ),
            (
                ("check", "--fail-on", "errors"),
                "scclint check: argument --fail-on: unknown value 'errors' (did you mean error?); use one of ",
            ),
            (("completion", "sh"), "scclint completion: argument SHELL: unknown value 'sh' (did you mean bash?); use one of "),
            (
                ("check", "--fix", "--diff"),
                "scclint check: unrecognized arguments: --diff (did you mean --diff-base, or `scclint fix --diff`?)\n",
            ),
            (("fix", "--dry-run"), "scclint fix: unrecognized arguments: --dry-run (did you mean --diff?)\n"),
            (("fix", "--unsafe-fixes"), "scclint fix: unrecognized arguments: --unsafe-fixes (did you mean --unsafe?)\n"),
            (
                ("check", "-f", "demo"),
                "scclint check: unrecognized arguments: -f (did you mean --format, or the path alone?)\n",
            ),
            (("check", "-c", "a.yaml"), "scclint check: unrecognized arguments: -c (did you mean --config?)\n"),
            (
                ("check", "-r", "demo"),
                "scclint check: unrecognized arguments: -r (a folder is read with all that is below it)\n",
            ),
            (("check", "--file=a.yaml"), "scclint check: unrecognized arguments: --file=a.yaml (write the path alone)\n"),
            (
                ("review", "--kubeconfig", "a", "demo"),
                "scclint review: unrecognized arguments: --kubeconfig (no cluster is contacted: --cluster-state takes a dump)\n",
            ),
            (
                ("check", "--exit-code", "0"),
                "scclint check: unrecognized arguments: --exit-code (did you mean --fail-on never?)\n",
            ),
            (
                ("check", "-o", "yaml"),
                "scclint check: argument -o/--output: 'yaml' would be the name of a file: write --format json, ",
            ),
            (("check", "--output"), "scclint check: argument -o/--output: expected one argument"),
            (
                ("check", "--format", "htm"),
                "scclint check: argument --format: unknown value 'htm' (did you mean html?); use one of ",
            ),
            (("chekc",), "scclint: unknown command 'chekc' (did you mean check?)\n"),
            (("seccomp", "shw"), "scclint seccomp: unknown command 'shw' (did you mean show?)\n"),
            (("zzz",), "scclint: unknown command 'zzz'\n"),
            ((".",), "scclint: unknown command '.' (did you mean scclint check .?)\n"),
            (("scan", "."), "scclint: unknown command 'scan' (did you mean check?)\n"),
            (("check", "--json"), "scclint check: unrecognized arguments: --json (did you mean --format json?)\n"),
            (("check", "--set=a=b"), "scclint check: unrecognized arguments: --set=a=b (did you mean --helm-set?)\n"),
            (("rules", "--set"), "scclint rules: unrecognized arguments: --set\n"),
            (
                ("check", "-o", "json"),
                "scclint check: argument -o/--output: 'json' would be the name of a file: write --format json, ",
            ),
            (("check", "-n", "Shop_1"), "scclint check: argument -n/--namespace: 'Shop_1' is no name of a namespace: write "),
            (("check", "--helm-set", "a"), "scclint check: argument --helm-set: expected KEY=VALUE, not 'a'"),
            (("suggest",), "scclint suggest: the following arguments are required: WORKLOAD"),
        ],
    )
    def test_argparse(self, cli: Cli, words: tuple[str, ...], message: str) -> None:
        run = cli(*words)
        assert (run.status, run.out) == (2, "")
        assert run.err.startswith(message)
        lines = run.err.splitlines()
        assert lines[-1] == f"Try '{message.partition(':')[0]} --help'."
        assert len(lines) == 2

    @pytest.mark.parametrize(
        ("words", "message"),
        [
            (("--select", "SCC999"), "scclint: --select: no rule is called 'SCC999'"),
            (("--openshift", "4.2"), "scclint: "),
            (("--openshift", "4"), "scclint: "),
            (("--kubernetes", "2.0"), "scclint: "),
            (("--config", "none.yaml"), "scclint: "),
            (("--output", "report.json"), "scclint: report.json would be text: give --format json, or another name\n"),
            (("--config", "demo/bare-pod.yaml"), "scclint: demo/bare-pod.yaml: a manifest of kind Pod, and no configuration: "),
            (("--helm-chart", "none"), "scclint: none is no Helm chart: none/Chart.yaml: no such file or directory\n"),
            (("--template", "none.j2"), "scclint: cannot read template none.j2: no such file or directory"),
        ],
    )
    def test_values(self, demo: Path, cli: Cli, words: tuple[str, ...], message: str) -> None:
        run = cli("check", *words, "demo")
        assert (run.status, run.out) == (2, "")
        assert run.err.startswith(message)
        assert 1 <= len(run.err.splitlines()) <= 3, run.err

    @pytest.mark.parametrize(
        ("words", "message"),
        [
            (
                "check https://example.com/web.yaml",
                "https://example.com/web.yaml: error: no such file or directory: scclint reads",
            ),
            (
                "check demo/*.json",
                "demo/*.json: error: no such file or directory: no file matches this pattern; name the folder",
            ),
            (
                "check --openshift 4.18 4.20",
                "4.20: error: no such file or directory: write several releases with commas, as in",
            ),
            (
                "check deployment/legacy",
                "deployment/legacy: error: no such file or directory: name the file or folder of the wo",
            ),
            (
                "check demo/bare-pod.yaml:9",
                "demo/bare-pod.yaml:9: error: no such file or directory: name the file without the line, or use `scclint explain ",
            ),
            (
                "check --changed demo",
                "scclint: --changed takes the changed files, and demo is a folder: name files, or no path",
            ),
            (
                "check --select SEC201 SCC101 demo",
                "SCC101: error: no such file or directory: write several rules with commas, as in --select SCC101,SEC201",
            ),
            ("explain legacy x", "scclint: legacy/x: no such workload. There are: pod/shell, deployment/shell and"),
            ("suggest legacy x", "scclint: legacy/x: no workload of the input is or uses it; there are: "),
            ("explain legacy none/", "none: error: no such file or directory\nscclint: legacy: no such workload."),
            ("who-can zzz demo", "scclint: OpenShift 4.22 has no SCC zzz; it has anyuid, hostaccess, "),
            ("config none", "scclint: none: no such file or directory"),
            ("diff 4.18 4.20", "scclint: 4.18 is no file, no folder and no git revision; to compare releases, write --openshi"),
            (
                "explain --message none.txt",
                "scclint: none.txt: no such file; --message takes a file, - for standard input, or a",
            ),
            (
                "explain 'pods are forbidden'",
                "scclint: pods are forbidden: no workload has spaces in its name; explain an error",
            ),
            ("suggest sa/none/default demo", "scclint: sa/none/default: no workload of the input is or uses it; there are: "),
            ("rule SCC999", "scclint: no rule is called 'SCC999'. `scclint rules` lists them.\n"),
            ("rule SC101", "scclint: no rule is called 'SC101'. Did you mean SCC101?"),
        ],
    )
    def test_what_is_not_there(self, demo: Path, cli: Cli, words: str, message: str) -> None:
        run = cli(*shlex.split(words))
        assert run.status == 2
        assert run.err.replace("\n  ", " ").startswith(message), run.err

    @pytest.mark.parametrize("path", ["deploy/none", "deploy/none.yaml"])
    def test_a_path_that_looks_like_a_workload(self, demo: Path, cli: Cli, path: str) -> None:
        about = f"{path}: error: no such file or directory"
        assert cli("check", "deploy/none").err == (
            "deploy/none: error: no such file or directory: name the file or folder of the workload; "
            "`scclint explain` takes KIND/NAME\n"
        )
        Path("deploy").mkdir()
        assert cli("check", path).err == f"{about}\n"

    @pytest.mark.parametrize(
        "words",
        [
            "explain deployments.apps/legacy demo",
            "who-can use scc anyuid",
            "check --kubernetes v1.30.2 --fail-on never demo",
            "check --openshift v4.18 --fail-on never demo",
        ],
    )
    def test_how_oc_writes_it(self, demo: Path, cli: Cli, words: str) -> None:
        assert cli(*shlex.split(words)).status == 0

    def test_a_configuration_that_is_wrong(self, demo: Path, cli: Cli) -> None:
        Path(".scclint.yaml").write_text("fail-on: never\nselekt: [SCC101]\n")
        run = cli("check", "demo")
        assert (run.status, run.out) == (2, "")
        assert ".scclint.yaml:2:1" in run.err
        assert "did you mean 'select'?" in run.err
        assert "Traceback" not in run.err


NAMESPACE = "apiVersion: v1\nkind: Namespace\nmetadata: {name: shop}\n"


class TestPathsOfOptions:
    """A path of an option from which nothing can be read is an error, from the command line and from the configuration."""

    @pytest.mark.parametrize(
        ("option", "key", "path", "message"),
        [
            ("--cluster-state", "cluster: {state: [VALUE]}", "empty", "empty: error: holds no YAML or JSON file"),
            (
                "--cluster-state",
                "cluster: {state: [VALUE]}",
                "demo/notes",
                "demo/notes: error: has nothing that describes a cluster",
            ),
            (
                "--cluster-state",
                "cluster: {state: [VALUE]}",
                "values.yaml",
                "values.yaml: error: has nothing that describes a cluster",
            ),
            ("--cluster-state", "cluster: {state: [VALUE]}", "none", "none: error: no such file or directory"),
            ("--helm-values", "helm-values: [VALUE]", "none.yaml", "none.yaml: error: no such file or directory"),
            ("--helm-values", "helm-values: [VALUE]", "empty", "empty: error: is no file"),
            ("--profile-dir", "profile-dirs: [VALUE]", "empty", "empty: error: holds no YAML or JSON file"),
            ("--profile-dir", "profile-dirs: [VALUE]", "none", "none: error: no such file or directory"),
            ("--context", "", "empty", "empty: error: holds no YAML or JSON file"),
            ("--context", "", "none", "none: error: no such file or directory"),
        ],
    )
    def test_of_no_use(self, demo: Path, cli: Cli, option: str, key: str, path: str, message: str) -> None:
        Path("empty").mkdir()
        Path("demo/notes").mkdir()
        Path("demo/notes/a.yaml").write_text("kind: Deployment\n")
        Path("values.yaml").write_text("a: 1\n")
        run = cli("check", "demo/bare-pod.yaml", option, path)
        assert run.status == 2 and message in run.err and run.err.count(f"{path}: ") == 1
        if key:
            Path(".scclint.yaml").write_text(key.replace("VALUE", path) + "\n")
            assert message in (run := cli("check", "demo/bare-pod.yaml")).err and run.status == 2

    def test_of_use(self, demo: Path, cli: Cli) -> None:
        for folder in ("state", "demo/state"):
            Path(folder).mkdir()
            Path(folder, "namespace.yaml").write_text(NAMESPACE)
        words = ("--cluster-state", "state", "--cluster-state", "demo/state", "--context", "state", "--fail-on", "never")
        assert (run := cli("check", "demo", *words)).status == 0 and run.err == ""

    def test_values_without_a_chart(self, demo: Path, cli: Cli) -> None:
        Path("values.yaml").write_text("a: 1\n")
        run = cli("check", "demo", "--helm-values", "values.yaml", "--helm-set", "a=1", "--fail-on", "never")
        assert (run.status, run.err) == (
            0,
            "warning: --helm-values and --helm-set changed nothing, because no chart was rendered\n",
        )
        Path(".scclint.yaml").write_text("helm-values: [values.yaml]\n")
        assert cli("check", "demo", "--fail-on", "never").err == ""

    def test_values_of_a_unit(self, demo: Path, cli: Cli) -> None:
        Path(".scclint.yaml").write_text("units:\n- {path: demo, values: [none.yaml]}\n")
        run = cli("check", "demo")
        assert (run.status, run.err) == (2, "scclint: .scclint.yaml:2:3: units: the values file none.yaml does not exist\n")


@pytest.mark.parametrize(("text", "status"), [("a: [\n", 0), ("kind: Pod\nmetadata: [\n", 2)], ids=["settings", "a manifest"])
def test_a_file_of_a_folder_that_cannot_be_parsed(here: Path, cli: Cli, text: str, status: int) -> None:
    """What nothing shows to be a manifest is a gap."""
    Path("broken.yaml").write_text(text)
    Path("account.yaml").write_text("apiVersion: v1\nkind: ServiceAccount\nmetadata: {name: a}\n")
    run = cli("check", ".")
    assert run.status == status
    assert "1 unparsable" in run.out
    assert ("broken.yaml:1:5: gap[MAN001]" in run.out) is (status == 0)


@pytest.mark.parametrize("words", [("check", "--format", "concise"), ("check",)])
def test_a_file_that_is_named_and_cannot_be_parsed(here: Path, cli: Cli, words: tuple[str, ...]) -> None:
    Path("broken.yaml").write_text("a: [\n")
    run = cli(*words, "broken.yaml")
    assert run.status == 2
    assert "broken.yaml:1:5: " in run.out and "this document cannot be read" in run.out and "not shown" not in run.out


@pytest.mark.parametrize(
    ("words", "text"),
    [
        (("check", "-"), "reading manifests from standard input: end with Ctrl+D\n"),
        (("explain", "--message", "-"), "reading the message from standard input: end with Ctrl+D\n"),
    ],
)
def test_a_person_at_a_terminal_is_told_that_a_command_waits(
    words: tuple[str, ...], text: str, here: Path, cli: Cli, monkeypatch: pytest.MonkeyPatch
) -> None:
    for is_terminal in (True, False):
        stream = io.TextIOWrapper(io.BytesIO(b""))
        monkeypatch.setattr(stream, "isatty", lambda is_terminal=is_terminal: is_terminal)
        monkeypatch.setattr("sys.stdin", stream)
        assert (text in cli(*words).err) == is_terminal
