"""Input that is made to break a reader: each kind has its limit and is told at its place, and the rest is judged all the same."""

import json
import os
import re
import socket
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import pytest

from scclint.limits import MAX_BYTES, MAX_DEPTH
from scclint.report import FORMATS
from tests.running import facts_of

from .conftest import Ran, Run, check_in, pod


@pytest.fixture
def folder(run: Run, tmp_path: Path) -> Path:
    """A folder with two good files, one of them read before and one after whatever a test adds."""
    (tmp_path / "a.yaml").write_text(pod("first"), encoding="utf-8")
    (tmp_path / "z.yaml").write_text(pod("last"), encoding="utf-8")
    return tmp_path


def check_rest(ran: Ran) -> dict[str, Any]:
    """The good files were judged; gives the report."""
    report: dict[str, Any] = json.loads(ran.out)
    assert {f["file"] for f in facts_of(report) if f["rule"] == "SCC102"} >= {"a.yaml", "z.yaml"}
    assert "Traceback" not in ran.err
    assert not report["summary"]["crashes"]
    return report


EXPLAIN = ["explain", "pod/first", "."]


def unreadable(run: Run, name: str, message: str, commands: Sequence[Sequence[str]] = (["review", "."],)) -> None:
    """The file is an error by its name, in `check` and in another command that reads: all of them read by the same functions."""
    ran = run("check", ".", "--format", "json")
    report = check_rest(ran)
    assert ran.status == 2
    (notice,) = [n for n in report["summary"]["notices"] if n["file"] == name]
    assert notice["level"] == "error"
    assert message in notice["message"]
    assert message in ran.err
    for command in commands:
        other = run(*command)
        assert other.status == 2, other
        assert "first" in other.out
        assert re.search(rf"^{re.escape(name)}(:\d+)?: error: ", other.err, re.MULTILINE)


def refused(run: Run, name: str, line: int, column: int, message: str, *, everywhere: bool = False) -> None:
    """A document of the file is an error at that place, in `check` and in another command; if asked for, in each command and format."""
    ran = run("check", ".", "--format", "json")
    report = check_rest(ran)
    assert ran.status == 2
    (finding,) = [f for f in facts_of(report) if f["rule"] == "MAN001"]
    assert (finding["file"], finding["line"], finding["column"]) == (name, line, column), finding
    assert message in finding["text"]
    if everywhere:
        _, texts = check_in(run, [*FORMATS])
        assert all(name in text for text in texts.values())
    for command in (["review", "."], EXPLAIN) if everywhere else (["review", "."],):
        other = run(*command)
        assert other.status == 2
        assert "first" in other.out
        assert f"{name}:{line}:{column}: error: " in other.err


def test_alias_bomb_is_refused_at_its_place(run: Run, folder: Path) -> None:
    lines = ["x0: &a0 {k: v}"] + [f"x{i}: &a{i} [{', '.join([f'*a{i - 1}'] * 20)}]" for i in range(1, 9)]
    (folder / "m.yaml").write_text("kind: Pod\n" + "\n".join(lines) + "\n", encoding="utf-8")
    refused(run, "m.yaml", 5, 20, "expand to more than the cluster takes")


def test_alias_that_contains_itself(run: Run, folder: Path) -> None:
    (folder / "m.yaml").write_text("kind: Pod\nspec: &s\n  x: *s\n", encoding="utf-8")
    refused(run, "m.yaml", 3, 6, "contains itself", everywhere=True)


@pytest.mark.parametrize(("opener", "levels"), [("[", 500), ("{a: ", 5_000)])
def test_nesting_has_a_limit(run: Run, folder: Path, opener: str, levels: int) -> None:
    (folder / "m.yaml").write_text("kind: Pod\nx: " + opener * levels, encoding="utf-8")
    # The root is one level of its own, and the first opener stands in column 4.
    refused(run, "m.yaml", 2, 4 + (MAX_DEPTH - 1) * len(opener), f"nested deeper than {MAX_DEPTH} levels")


def test_nesting_that_the_scanner_does_not_limit(run: Run, folder: Path) -> None:
    (folder / "m.yaml").write_text("kind: Pod\nx: " + "[" * 200_000, encoding="utf-8")
    refused(run, "m.yaml", 2, 4 + MAX_DEPTH - 1, f"nested deeper than {MAX_DEPTH} levels")


def test_nesting_in_json_has_a_limit(run: Run, folder: Path) -> None:
    (folder / "m.json").write_text('{"kind": "Pod", "x": ' + "[" * 100_000, encoding="utf-8")
    refused(run, "m.json", 1, 22 + MAX_DEPTH - 1, f"nested deeper than {MAX_DEPTH} levels")


def test_nesting_by_indentation_has_a_limit(run: Run, folder: Path) -> None:
    deep = "".join(f"{' ' * level}a:\n" for level in range(1000))
    (folder / "m.yaml").write_text("kind: Pod\nx:\n" + "".join(f" {line}\n" for line in deep.splitlines()), encoding="utf-8")
    refused(run, "m.yaml", 3 + MAX_DEPTH - 1, 1 + MAX_DEPTH, f"nested deeper than {MAX_DEPTH} levels")


def test_one_gigabyte_file(run: Run, folder: Path) -> None:
    with open(folder / "m.yaml", "wb") as file:
        file.truncate(1 << 30)
    unreadable(run, "m.yaml", "larger than 64 MiB, which is not read")


def test_a_file_just_above_the_limit(run: Run, folder: Path) -> None:
    with open(folder / "m.yaml", "wb") as file:
        file.truncate(MAX_BYTES + 1)
    unreadable(run, "m.yaml", "larger than 64 MiB")


def test_fifo(run: Run, folder: Path) -> None:
    os.mkfifo(folder / "m.yaml")
    unreadable(run, "m.yaml", "is a FIFO", (["review", "."], EXPLAIN))


def test_device(run: Run, folder: Path) -> None:
    (folder / "m.yaml").symlink_to("/dev/zero")
    unreadable(run, "m.yaml", "is a link out of the tree")
    ran = run("check", "m.yaml")
    assert ran.status == 2 and "m.yaml: error: is a character device" in ran.err


def test_link_out_of_the_tree(run: Run, folder: Path) -> None:
    """What the author of a pull request cannot read, a report on it must not quote."""
    secret = folder.parent / "secret"
    secret.write_text("token: [hunter2\n", encoding="utf-8")
    (folder / "m.yaml").symlink_to(secret)
    unreadable(run, "m.yaml", "is a link out of the tree")
    for format in ("full", "sarif"):
        assert "hunter2" not in run("check", ".", "--format", format).out


def test_socket(run: Run, folder: Path) -> None:
    with socket.socket(socket.AF_UNIX) as listener:
        listener.bind("m.yaml")
        unreadable(run, "m.yaml", "is a socket")


def test_symlink_loop(run: Run, folder: Path) -> None:
    (folder / "m.yaml").symlink_to("n.yaml")
    (folder / "n.yaml").symlink_to("m.yaml")
    (folder / "again").symlink_to(".")
    ran = run("check", ".", "--format", "json")
    report = check_rest(ran)
    assert ran.status == 2
    assert [(n["file"], n["level"]) for n in report["summary"]["notices"]] == [("m.yaml", "error"), ("n.yaml", "error")]
    assert {f["file"] for f in facts_of(report)} == {"a.yaml", "z.yaml"}


def test_unreadable_file(run: Run, folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (folder / "m.yaml").write_text(pod("m"), encoding="utf-8")
    opening(monkeypatch, "m.yaml", deny)
    unreadable(run, "m.yaml", "permission denied")


def deny(path: str, times: int) -> None:
    raise PermissionError(13, "Permission denied", path)


def opening(monkeypatch: pytest.MonkeyPatch, name: str, meanwhile: Callable[[str, int], None]) -> None:
    """Has `meanwhile` happen just before the file is opened, for the first time, the second time and so on."""
    real, times = os.open, 0

    def open_(path: str, flags: int, *rest: Any, **more: Any) -> int:
        nonlocal times
        if os.fspath(path).endswith(name):
            times += 1
            meanwhile(path, times)
        return real(path, flags, *rest, **more)

    monkeypatch.setattr(os, "open", open_)


def test_file_vanishes_meanwhile(run: Run, folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (folder / "m.yaml").write_text(pod("m"), encoding="utf-8")
    opening(monkeypatch, "m.yaml", vanishes)
    ran = run("check", ".", "--format", "json")
    report = check_rest(ran)
    assert ran.status == 2
    assert [n["message"] for n in report["summary"]["notices"]] == ["no such file or directory"]


def vanishes(path: str, times: int) -> None:
    if os.path.exists(path):
        os.unlink(path)


def becomes_fifo(path: str, times: int) -> None:
    if not os.path.exists(path) or os.path.isfile(path):
        os.unlink(path)
        os.mkfifo(path)


def test_file_becomes_a_fifo_meanwhile(run: Run, folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (folder / "m.yaml").write_text(pod("m"), encoding="utf-8")
    opening(monkeypatch, "m.yaml", becomes_fifo)
    ran = run("check", ".", "--format", "json")
    report = check_rest(ran)
    assert ran.status == 2
    assert ["FIFO" in n["message"] for n in report["summary"]["notices"]] == [True]


@pytest.mark.parametrize(
    ("after", "formats"),
    [
        *((after, [*FORMATS]) for after in (b"\xff", None)),
        *((after, [format]) for after in (b"\xff", None, b"", b"x", pod("m").encode() * 3) for format in ("full", "sarif")),
    ],
)
def test_file_changes_between_reading_and_reporting(
    run: Run, folder: Path, monkeypatch: pytest.MonkeyPatch, formats: list[str], after: bytes | None
) -> None:
    """The findings stay; the source line that would be shown is another one, or none."""
    (folder / "m.yaml").write_text("\n" * 50 + pod("m"), encoding="utf-8")

    def change(path: str, times: int) -> None:
        if times == 2 and after is None:
            os.unlink(path)
        elif times == 2:
            Path(path).write_bytes(after or b"")

    opening(monkeypatch, "m.yaml", change)
    ran, texts = check_in(run, formats)
    assert ran.status == 1
    assert all("m.yaml" in text for text in texts.values())
    assert not ran.err


@pytest.mark.parametrize(
    "data", [b"kind: Pod\nname: \xff\n", b"kind: Pod\nname: \xed\xa0\x80\n", b"kind: Pod\nname: \xc0\xaf\n"]
)
def test_not_utf8(run: Run, folder: Path, data: bytes) -> None:
    (folder / "m.yaml").write_bytes(data)
    unreadable(run, "m.yaml", f"byte {data[16]:#04x} is not UTF-8")
    assert "m.yaml:2" in run("check", ".").err


def test_nul(run: Run, folder: Path) -> None:
    (folder / "m.yaml").write_bytes(pod("m").encode() + b"# \0\n")
    unreadable(run, "m.yaml", "it has a NUL character")
    assert "m.yaml:11" in run("check", ".").err


@pytest.mark.parametrize("encoding", ["utf-16", "utf-16-le", "utf-16-be", "utf-32", "utf-32-be", "utf-8-sig"])
def test_utf16_and_bom(run: Run, folder: Path, encoding: str) -> None:
    """With a byte order mark all Unicode encodings are read, and places do not count the mark."""
    mark = "\ufeff" if encoding.endswith(("-le", "-be")) else ""
    (folder / "m.yaml").write_bytes((mark + pod("m")).encode(encoding))
    ran = run("check", ".", "--format", "json")
    report = check_rest(ran)
    (first,) = {(f["line"], f["column"]) for f in facts_of(report) if f["rule"] == "SCC102" and f["file"] == "a.yaml"}
    assert {(f["line"], f["column"]) for f in facts_of(report) if f["rule"] == "SCC102" and f["file"] == "m.yaml"} == {first}


@pytest.mark.parametrize("encoding", ["utf-16-le", "utf-16-be", "utf-32-le"])
def test_utf16_without_a_mark(run: Run, folder: Path, encoding: str) -> None:
    (folder / "m.yaml").write_bytes(pod("m").encode(encoding))
    unreadable(run, "m.yaml", "it has a NUL character")


@pytest.mark.parametrize("odd", ["\r", "\x85", "\u2028", "\u2029"])
def test_cr_nel_ls_ps(run: Run, folder: Path, odd: str) -> None:
    """YAML breaks lines there: what looks like a comment's end is live, and places count as editors do."""
    text = pod("m").replace("    image:", f"    # see the wiki{odd}    tty: true\n    image:")
    (folder / "m.yaml").write_bytes(text.encode())
    report = check_rest(run("check", ".", "--format", "json"))
    mine = [f for f in facts_of(report) if f["file"] == "m.yaml"]
    assert [(f["line"], f["column"]) for f in mine if f["rule"] == "MAN005"] == [(8, 19)]
    assert {f["line"] for f in mine if f["rule"] == "SCC102"} == {11}


def test_stdin_of_any_kind(run: Run, folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    import io

    for data, status, words in ((b"", 4, "no manifest"), (b"\xff", 2, "not UTF-8"), (b"\0", 2, "NUL"), (b"a: [", 2, "")):
        monkeypatch.setattr("sys.stdin", io.TextIOWrapper(io.BytesIO(data)))
        ran = run("check", "-", "a.yaml", "z.yaml", "--format", "json")
        check_rest(ran)
        assert ran.status == (1 if status == 4 else status)
        monkeypatch.setattr("sys.stdin", io.TextIOWrapper(io.BytesIO(data)))
        alone = run("check", "-")
        assert (alone.status, words in alone.err) == (status, True)


def test_stdin_beyond_the_limit(run: Run, folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with open(folder / "big", "wb") as file:
        file.truncate(MAX_BYTES + 1)
    with open(folder / "big", encoding="utf-8") as big:
        monkeypatch.setattr("sys.stdin", big)
        ran = run("check", "-", ".", "--format", "json")
    report = check_rest(ran)
    assert ran.status == 2
    assert [n["file"] for n in report["summary"]["notices"]] == ["<stdin>"]


@pytest.mark.parametrize(
    "text", ["'" * 200_000, "a: {" + "b:," * 30_000 + "}", "%\n" * 50_000, "- &a x\n- *a\n" * 20_000, "#\n" * 200_000]
)
def test_texts_that_cost_other_parsers_dearly(run: Run, folder: Path, text: str) -> None:
    (folder / "m.yaml").write_text("kind: Pod\nx:\n" + text, encoding="utf-8")
    check_rest(run("check", ".", "--format", "json"))


@pytest.mark.parametrize(
    ("references", "value"), [("${A}" * 1_000, "y" * 100_000), ("${A}" * 200_000, "y"), ("${A}", "${A}${A}" * 10_000)]
)
def test_template_bomb(run: Run, folder: Path, references: str, value: str) -> None:
    """What parameters would fill to more than any object may have is unknown, which is said."""
    text = pod(f"'{references}'").replace("\n", "\n  ")
    template = f"apiVersion: template.openshift.io/v1\nkind: Template\nobjects:\n- {text}\nparameters:\n- {{name: A, value: '{value}'}}\n"
    (folder / "m.yaml").write_text(template, encoding="utf-8")
    ran = run("check", ".", "--format", "json")
    check_rest(ran)
    assert ran.status == 1
    assert len(ran.out) < 200_000


def template(objects: str, value: str, more: str = "") -> str:
    parameters = f"parameters: [{{name: A, value: '{value}'}}]\n"
    return f"apiVersion: template.openshift.io/v1\nkind: Template\n{more}{parameters}objects:\n{objects}"


ACCOUNT = "- {apiVersion: v1, kind: ServiceAccount, metadata: {name: a, annotations: {a: %s}}}\n"
LABELS = "labels:\n" + "".join(f"  label-{i}: value\n" for i in range(1000))


@pytest.mark.parametrize(
    "text",
    [
        template(ACCOUNT % "'${A}'" * 500, "y" * 10_000),
        template(ACCOUNT % "{'${A}': x}" * 500, "y" * 10_000),
        template(ACCOUNT % "'${{A}}'" * 500, f"[{'1,' * 5_000}1]"),
        template(ACCOUNT % "x" * 500, "y", LABELS),
    ],
)
def test_what_templates_add_has_a_limit(run: Run, folder: Path, text: str) -> None:
    """Each use of a value costs its length anew, and each object has all labels."""
    (folder / "m.yaml").write_text(text, encoding="utf-8")
    refused(run, "m.yaml", 2, 1, "parameters and labels add more than 4,194,304 characters")


def test_a_template_beyond_the_limit_that_only_informs(run: Run, folder: Path) -> None:
    """Beside what is linted it gives a warning; as what kustomize is said to have built from, it is not there."""
    (folder / "m.yaml").write_text(template(ACCOUNT % "'${A}'" * 500, "y" * 10_000), encoding="utf-8")
    origin = "metadata:\n  annotations: {config.kubernetes.io/origin: 'path: m.yaml'}\n"
    (folder / "a.yaml").write_text(pod("first").replace("metadata:\n", origin), encoding="utf-8")
    ran = run("check", "a.yaml", "z.yaml", "--context", "m.yaml", "--format", "json")
    notices = check_rest(ran)["summary"]["notices"]
    assert ran.status == 1
    assert [(n["level"], n["file"], n["line"]) for n in notices] == [("warning", "m.yaml", 2)]
    assert notices[0]["message"].startswith("not taken into account: parameters and labels add more than")


def test_what_many_templates_add_counts_together(run: Run, folder: Path) -> None:
    one = template(ACCOUNT % "'${A}'" * 100, "y" * 10_000)
    (folder / "m.yaml").write_text("---\n".join([one] * 6), encoding="utf-8")
    report = check_rest(run("check", ".", "--format", "json"))
    lines = one.count("\n") + 1
    assert [f["line"] for f in facts_of(report) if f["rule"] == "MAN001"] == [2 + 4 * lines, 2 + 5 * lines]
    (folder / "m.yaml").write_text("---\n".join([one] * 4), encoding="utf-8")
    assert not [f for f in facts_of(check_rest(run("check", ".", "--format", "json"))) if f["rule"] == "MAN001"]


def test_what_parameters_nest_has_a_limit(run: Run, folder: Path) -> None:
    """Each Template could bring in one more value that is nested as deep as a document may be."""
    inner = pod("deep").replace("metadata:", "metadata:\n  x: '${{A}}'", 1)
    (folder / "m.yaml").write_text(template("- " + inner.replace("\n", "\n  "), "[" * 197 + "]" * 197), encoding="utf-8")
    refused(run, "m.yaml", 2, 1, "with its parameters filled in, this Template is nested deeper than 200 levels")


@pytest.mark.parametrize("value", ["[" * 900 + "]" * 900, "1e999", "9" * 5000, "-0", "NaN", '{"a": 1, "a": 2}', "1 2"])
def test_template_values_are_the_clusters_json(run: Run, folder: Path, value: str) -> None:
    text = pod("t").replace("privileged: true", "privileged: '${{A}}'").replace("\n", "\n  ")
    parameter = json.dumps({"name": "A", "value": value})
    template = f"apiVersion: template.openshift.io/v1\nkind: Template\nobjects:\n- {text}\nparameters:\n- {parameter}\n"
    (folder / "m.yaml").write_text(template, encoding="utf-8")
    assert run("check", ".", "--format", "json").status in (1, 2)
    check_rest(run("check", ".", "--format", "json"))


def test_roles_that_aggregate_too_many(run: Run, folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The verdicts are told to be unsure, and given."""
    head = "apiVersion: rbac.authorization.k8s.io/v1\nkind: "
    role = head + "ClusterRole\nmetadata: {name: all}\naggregationRule: {clusterRoleSelectors: [{}]}\n"
    binding = (
        head
        + "ClusterRoleBinding\nmetadata: {name: b}\nroleRef: {kind: ClusterRole, name: all}\nsubjects: [{kind: User, name: u}]\n"
    )
    (folder / "m.yaml").write_text(f"{role}---\n{binding}", encoding="utf-8")
    text = "ClusterRole all aggregates more roles than scclint follows, so that verdicts may miss a grant"
    for steps, told in ((10_000, False), (0, True)):
        monkeypatch.setattr("scclint.run.worlds.MAX_AGGREGATION", steps)
        ran = run("check", ".", "--format", "json", "--no-cache", "--isolated")
        check_rest(ran)
        assert (f"warning: {text}" in ran.err) is told


@pytest.mark.parametrize("depth", [300, 1500])
def test_folders_in_folders(run: Run, folder: Path, depth: int) -> None:
    deep = "d/" * depth
    for _ in range(depth):
        os.mkdir("d")
        os.chdir("d")
    Path("x.yaml").write_text(pod("deep"), encoding="utf-8")
    os.chdir(folder)
    try:
        report = check_rest(run("check", ".", "--format", "json"))
        assert f"{deep}x.yaml" in {finding["file"] for finding in facts_of(report)}
    finally:
        os.unlink(f"{deep}x.yaml")
        os.removedirs(deep.removesuffix("/"))


DIGITS = "9" * 5000
NUMBERS = {
    "an int in quotes": f"{pod('n')}  priority: '{DIGITS}'\n",
    "a sysctl": f"{pod('n')}  securityContext: {{sysctls: [{{name: net.ipv4.ip_unprivileged_port_start, value: '{DIGITS}'}}]}}\n",
    "the version of a level": "apiVersion: v1\nkind: Namespace\nmetadata:\n  name: n\n  labels: {pod-security.kubernetes.io/enforce: "
    f"restricted, pod-security.kubernetes.io/enforce-version: v1.{DIGITS}}}\n",
    "an errno": f'{{"defaultAction": "SCMP_ACT_ERRNO", "defaultErrno": "{DIGITS}", "syscalls": []}}',
    "an index in a template": "apiVersion: argoproj.io/v1alpha1\nkind: ApplicationSet\nmetadata: {name: n}\nspec:\n  goTemplate: true\n"
    "  generators: [{list: {elements: [{x: y}]}}]\n  template: {metadata: {name: n}, spec: {source: {path: "
    f"'d/{{{{ index .x {DIGITS} }}}}'}}}}}}\n",
}


@pytest.mark.parametrize("text", NUMBERS.values(), ids=NUMBERS)
def test_numbers_of_more_digits_than_python_reads(run: Run, folder: Path, text: str) -> None:
    (folder / "n.yaml").write_text(text, encoding="utf-8")
    (folder / "Containerfile").write_text("FROM scratch\nEXPOSE 80\nUSER 1001\n", encoding="utf-8")
    (folder / ".scclint.yaml").write_text("images: {registry.example/app: {file: Containerfile}}\n", encoding="utf-8")
    check_rest(run("check", ".", "--format", "json"))
    assert run("fix", "--unsafe", "--diff", ".").status in (0, 1)


def test_versions_of_more_digits_than_python_reads(run: Run, folder: Path) -> None:
    chart = "apiVersion: v2\nname: {}\nversion: {}.0.0\n"
    for name, version in {"web": "1", "base": DIGITS}.items():
        (folder / name / "templates").mkdir(parents=True)
        (folder / name / "templates/pod.yaml").write_text(pod(name), encoding="utf-8")
        (folder / name / "Chart.yaml").write_text(chart.format(name, version), encoding="utf-8")
    dependency = f"dependencies: [{{name: base, version: '>={DIGITS}', repository: 'https://charts.example'}}]\n"
    (folder / "web/Chart.yaml").write_text(chart.format("web", "1") + dependency, encoding="utf-8")
    check_rest(run("check", ".", "--format", "json"))


def test_other_inputs_with_more_digits_than_python_reads(run: Run, folder: Path) -> None:
    (folder / "s.txt").write_text(f"Name:\tx\nPid:\t{DIGITS}\nSeccomp:\t{DIGITS}\n", encoding="utf-8")
    for argv in (
        ("verify", "--manifests", "a.yaml", "--evidence", "s.txt"),
        ("explain", f"a.yaml:{DIGITS}"),
        ("check", "--jobs", DIGITS, "a.yaml"),
        ("seccomp", "diff", "4.16", f"1.29.{DIGITS}"),
    ):
        assert run(*argv).status in (0, 1, 2), argv
