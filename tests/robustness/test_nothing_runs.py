"""Nothing of what is linted is run or imported, and nothing asks the network."""

import io
import os
import shutil
import socket
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from tests.repository import git

from .conftest import Run, Spawn, pod

TRAP = "import pathlib\npathlib.Path({mark!r}).touch()\n"
SCRIPT = "#!/bin/sh\ntouch {mark}\n"


@pytest.fixture
def repository(tmp_path: Path) -> Path:
    """A repository that has every trap for git itself set."""
    git("init", "-q", at=tmp_path)
    (tmp_path / "a.yaml").write_text(pod("a"), encoding="utf-8")
    git("add", ".", at=tmp_path)
    git("commit", "-q", "-m", "x", at=tmp_path)
    (tmp_path / "a.yaml").write_text(pod("b"), encoding="utf-8")
    (tmp_path / "sub").mkdir()
    (tmp_path / "sub" / "b.yaml").write_text(pod("c"), encoding="utf-8")
    script = tmp_path / ".git" / "trap"
    script.write_text(SCRIPT.format(mark=tmp_path / "sprung"), encoding="utf-8")
    script.chmod(0o755)
    for hook in ("pre-commit", "post-index-change", "fsmonitor-watchman", "post-checkout", "reference-transaction"):
        (tmp_path / ".git" / "hooks").mkdir(exist_ok=True)
        (tmp_path / ".git" / "hooks" / hook).symlink_to(script)
    for key in (
        *("core.fsmonitor", "core.pager", "core.editor", "core.sshCommand", "core.askPass", "diff.external"),
        *("diff.trap.textconv", "diff.trap.command", "filter.trap.clean", "filter.trap.smudge", "filter.trap.process"),
        *("pager.ls-files", "pager.show", "alias.ls-files", "uploadpack.packObjectsHook", "tar.tar.command"),
        *("credential.helper", "gpg.program", "core.alternateRefsCommand", "interactive.diffFilter", "merge.trap.driver"),
    ):
        git("config", key, str(script), at=tmp_path)
    (tmp_path / ".gitattributes").write_text("* filter=trap diff=trap merge=trap export-subst\n", encoding="utf-8")
    (tmp_path / "sprung").unlink(missing_ok=True)
    return tmp_path


@pytest.mark.parametrize(
    "argv",
    [["check", "."], ["check", ".", "--diff-base", "HEAD"], ["review", "."], ["explain", "pod/b"], ["check", "--show-files"]],
    ids=" ".join,
)
def test_git_configuration(run: Run, repository: Path, argv: list[str]) -> None:
    ran = run(*argv)
    assert ran.status in (0, 1), ran.err
    assert "Pod" in ran.out or "a.yaml" in ran.out
    assert not (repository / "sprung").exists()


def test_the_traps_are_real(repository: Path) -> None:
    subprocess.run(["git", "status"], cwd=repository, check=False, capture_output=True)
    assert (repository / "sprung").exists()


@pytest.fixture
def bare(tmp_path: Path) -> Path:
    """A work tree with a folder `deploy` that looks like a bare repository, whose index needs an object of a remote."""
    source, clone, tree = tmp_path / "source", tmp_path / "clone", tmp_path / "tree"
    for folder in ("a", "b"):
        (source / folder).mkdir(parents=True)
        (source / folder / "x.yaml").write_text(pod(folder), encoding="utf-8")
    git("init", "-q", at=source)
    git("add", ".", at=source)
    git("commit", "-q", "-m", "x", at=source)
    git("config", "uploadpack.allowFilter", "true", at=source)
    git("clone", "-q", "--no-local", "--filter=tree:0", "--no-checkout", "--sparse", source.as_uri(), str(clone), at=tmp_path)
    git("sparse-checkout", "set", "--cone", "--sparse-index", "a", at=clone)
    git("checkout", "-q", at=clone)
    listed = subprocess.run(["git", "ls-files", "--sparse", "-s"], cwd=clone, capture_output=True, text=True, check=True).stdout
    needed = next((line.split()[1] for line in listed.splitlines() if line.endswith("\tb/")), "")
    if not needed:
        pytest.skip("this git makes no sparse index")
    head = subprocess.run(["git", "rev-parse", "HEAD"], cwd=clone, capture_output=True, text=True, check=True).stdout
    for index in (clone / ".git" / "objects" / "pack").glob("*.idx"):
        held = subprocess.run(["git", "verify-pack", "-v", str(index)], capture_output=True, text=True, check=True).stdout
        for file in index.parent.glob(f"{index.stem}.*") if needed in held else ():
            file.unlink()
    deploy = tree / "deploy"
    for part in ("objects", "refs"):
        shutil.copytree(clone / ".git" / part, deploy / part)
    shutil.copy(clone / ".git" / "index", deploy)
    (deploy / "HEAD").write_text("ref: refs/heads/m\n")
    (deploy / "refs" / "heads" / "m").write_text(head)
    (deploy / "x.yaml").write_text(pod("a"), encoding="utf-8")
    for key, value in {
        "core.repositoryformatversion": "1",
        "core.bare": "false",
        "core.worktree": ".",
        "core.sshCommand": f"touch {tmp_path / 'sprung'}; false",
        "remote.origin.url": "host:/x",
        "remote.origin.promisor": "true",
        "extensions.partialClone": "origin",
    }.items():
        subprocess.run(["git", "config", "--file", str(deploy / "config"), key, value], check=True)
    git("init", "-q", at=tree)
    return tree


@pytest.mark.parametrize(
    "argv", [["check", "deploy"], ["check", "."], ["check", "-", "--stdin-filename", "r.yaml"]], ids=" ".join
)
def test_a_repository_among_the_files(run: Run, bare: Path, argv: list[str], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(bare / "deploy" if argv[1] in ".-" else bare)
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(f"# Source: c/templates/x.yaml\n{pod('p')}".encode())))
    assert run(*argv).status == 1
    assert not (bare.parent / "sprung").exists()


def test_such_a_repository_is_a_trap(bare: Path) -> None:
    subprocess.run(["git", "-C", "deploy", "ls-files"], cwd=bare, check=False, capture_output=True)
    assert (bare.parent / "sprung").exists()


MODULES = (
    "jinja2",
    "json",
    "scclint_rules",
    "sitecustomize",
    "usercustomize",
    "yaml",
    "jsonschema",
    "tomllib",
    "difflib",
    "git",
)


@pytest.fixture
def modules(tmp_path: Path) -> Path:
    """A folder of manifests that has modules of its own, a program called git, and a package with an entry point."""
    (tmp_path / "a.yaml").write_text(pod("a"), encoding="utf-8")
    mark = str(tmp_path / "sprung")
    for name in MODULES:
        (tmp_path / f"{name}.py").write_text(TRAP.format(mark=mark), encoding="utf-8")
    (tmp_path / "conftest.py").write_text(TRAP.format(mark=mark), encoding="utf-8")
    (tmp_path / "git").write_text(SCRIPT.format(mark=mark), encoding="utf-8")
    (tmp_path / "git").chmod(0o755)
    (tmp_path / "evil-1.dist-info").mkdir()
    (tmp_path / "evil-1.dist-info" / "METADATA").write_text("Name: evil\nVersion: 1\n", encoding="utf-8")
    (tmp_path / "evil-1.dist-info" / "entry_points.txt").write_text("[scclint.rules]\nevil = scclint_rules\n", encoding="utf-8")
    (tmp_path / ".git").mkdir()
    return tmp_path


COMMANDS = (
    ["check", ".", "--format", "full"],
    ["check", ".", "--format", "sarif"],
    ["check", ".", "--template", "t.j2"],
    ["review", "."],
    ["explain", "pod/a"],
    ["config", "."],
    ["check", "--select", "SCC1O1"],
)


@pytest.mark.parametrize("argv", COMMANDS, ids=" ".join)
@pytest.mark.parametrize("isolated", [True, False], ids=["-P", "plain"])
def test_modules_and_programs_in_the_linted_folder(modules: Path, argv: list[str], isolated: bool) -> None:
    """As a module as well, although Python then looks into the working directory first of all."""
    (modules / "t.j2").write_text("{{ summary.workloads }}", encoding="utf-8")
    command = [sys.executable, *(["-P"] if isolated else []), "-m", "scclint", *argv]
    environ = {**os.environ, "PATH": os.pathsep.join(("", ".", os.environ["PATH"]))}
    if not isolated:
        # What the interpreter itself imports before any code of ours can run cannot be helped.
        for name in ("sitecustomize", "usercustomize", "json"):
            (modules / f"{name}.py").unlink()
    ran = subprocess.run(command, cwd=modules, env=environ, capture_output=True, timeout=60, check=False)
    assert ran.returncode in (0, 1, 2), ran.stderr
    assert b"Traceback" not in ran.stderr
    assert not (modules / "sprung").exists()


def test_rule_modules_of_the_linted_folder(modules: Path, spawn: Spawn) -> None:
    (modules / ".scclint.yaml").write_text("rule-modules: [evil]\n", encoding="utf-8")
    for name in {*MODULES} - {"scclint_rules"}:
        # On PYTHONPATH, which is the user's own word, these would be run by Python whatever we do.
        (modules / f"{name}.py").unlink()
    for path in ("", str(modules)):
        ran = spawn("check", ".", env={**os.environ, "PYTHONPATH": path})
        assert ran.returncode == 2
        assert b"evil" in ran.stderr
        assert not (modules / "sprung").exists()


@pytest.mark.parametrize(
    "expression",
    [
        "{{ ''.__class__.__mro__[1].__subclasses__() }}",
        "{{ cycler.__init__.__globals__.os.system('touch sprung') }}",
        "{{ self.__init__.__globals__ }}",
        "{{ lipsum.__globals__['os'].popen('touch sprung').read() }}",
        "{{ namespace.__init__.__globals__ }}",
        "{{ findings.append(1) }}",
        "{{ '{0.__class__}'.format(1) }}",
        "{{ ('%s' | attr('__class__')) }}",
        "{% include '/etc/passwd' %}",
        "{% import 'os' as os %}",
        "{% extends 'x' %}",
        "{{ ''|map(attribute='__class__')|list }}{{ [''] | map(attribute='__class__.__mro__') | first }}",
        "{{ findings.__class__.__init__.__globals__ }}",
    ],
)
def test_templates_cannot_get_out(run: Run, tmp_path: Path, expression: str) -> None:
    (tmp_path / "a.yaml").write_text(pod("a"), encoding="utf-8")
    (tmp_path / "t.j2").write_text(expression, encoding="utf-8")
    ran = run("check", ".", "--template", "t.j2")
    assert ran.status == 2, ran.out
    assert "t.j2" in ran.err
    assert "Traceback" not in ran.err
    assert "root:" not in ran.out + ran.err
    assert not (tmp_path / "sprung").exists()


@pytest.mark.parametrize(
    "template",
    [
        "{% for i in range(10**9) %}{% endfor %}",
        "{{ 'a' * 10**10 }}",
        "{% for i in range(99999) %}{{ 'a' * 9999 }}{% endfor %}",
    ],
)
def test_templates_have_limits(run: Run, tmp_path: Path, template: str) -> None:
    (tmp_path / "a.yaml").write_text(pod("a"), encoding="utf-8")
    (tmp_path / "t.j2").write_text(template, encoding="utf-8")
    ran = run("check", ".", "--template", "t.j2")
    assert ran.status == 2
    assert "t.j2" in ran.err
    assert not ran.out


@pytest.mark.parametrize("kind", ["fifo", "folder", "device", "nothing"])
def test_templates_that_are_no_files(run: Run, tmp_path: Path, kind: str) -> None:
    template = tmp_path / "t.j2"
    if kind == "fifo":
        os.mkfifo(template)
    elif kind == "folder":
        template.mkdir()
    elif kind == "device":
        template.symlink_to("/dev/zero")
    (tmp_path / "a.yaml").write_text(pod("a"), encoding="utf-8")
    ran = run("check", ".", "--template", "t.j2")
    assert ran.status == 2
    assert "template t.j2" in ran.err


@pytest.mark.parametrize("argv", [*COMMANDS[:2], *COMMANDS[3:6], ["rules"], ["rule", "SCC101"]], ids=" ".join)
def test_no_network(run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, argv: list[str]) -> None:
    def refuse(*_: Any, **__: Any) -> Any:
        raise AssertionError("the network was asked for")

    for name in ("connect", "connect_ex", "sendto", "bind"):
        monkeypatch.setattr(socket.socket, name, refuse)
    monkeypatch.setattr(socket, "getaddrinfo", refuse)
    monkeypatch.setattr(socket, "create_connection", refuse)
    monkeypatch.setenv("SCCLINT_DEBUG", "1")
    (tmp_path / "a.yaml").write_text(pod("a").replace("registry.example", "https://registry.example"), encoding="utf-8")
    (tmp_path / "$schema.json").write_text(
        '{"$schema": "https://example.com/x", "defaultAction": "SCMP_ACT_LOG"}', encoding="utf-8"
    )
    assert run(*argv).status in (0, 1)


OUTPUTS = (
    ".git/config",
    ".git/hooks/post-checkout",
    ".envrc.json",
    "venv/bin/activate",
    "Makefile",
    "x/../.vscode/tasks.json",
    "conftest.py",
    "a\0.txt",
)


@pytest.mark.parametrize("output", OUTPUTS)
def test_a_configuration_cannot_have_programs_written(run: Run, tmp_path: Path, output: str) -> None:
    """Template and output both come with the linted tree: together they would be a file of its author's making."""
    import json

    (tmp_path / "venv" / "bin").mkdir(parents=True)
    (tmp_path / ".git" / "hooks").mkdir(parents=True)
    (tmp_path / "a.yaml").write_text(pod("a"), encoding="utf-8")
    (tmp_path / "t.j2").write_text("[core]\nfsmonitor = touch sprung\n", encoding="utf-8")
    settings = {"format": "full", "template": "t.j2", "output": output}
    (tmp_path / ".scclint.yaml").write_text(json.dumps(settings), encoding="utf-8")
    before = sorted(tmp_path.rglob("*"))
    ran = run("check", ".")
    assert ran.status == 2
    assert "use --output for that" in ran.err
    assert sorted(tmp_path.rglob("*")) == before
