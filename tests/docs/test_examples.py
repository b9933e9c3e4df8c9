"""The examples in README and the site are correct: outputs are real, commands run, and configurations are valid.

`SCCLINT_WRITE_GOLDEN=1` writes the outputs instead of comparing them.
"""

import argparse
import contextlib
import io
import os
import re
import shlex
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import pytest

from scclint.cel_rules.rules import with_declared
from scclint.cli import main
from scclint.cli.commands import build
from scclint.config import build_config
from scclint.config.model import KEYS
from scclint.config.raw import parse_config
from scclint.facts import acceptances
from scclint.registry import builtin

ROOT = Path(__file__).parents[2]
PAGES = [ROOT / name for name in ("README.md", "CONTRIBUTING.md", "SECURITY.md")] + sorted((ROOT / "docs").rglob("*.md"))
SITE = [page for page in PAGES if page.name not in ("CONTRIBUTING.md", "code.md", "extending.md", "releasing.md")]
WEB = """\
apiVersion: apps/v1
kind: Deployment
metadata: {name: web}
spec:
  selector: {matchLabels: {app: web}}
  template:
    metadata: {labels: {app: web}}
    spec: {containers: [{name: app, image: registry.example/web:1}]}
"""
DENIAL = 'pods "web-" is forbidden: violates PodSecurity "restricted:latest": runAsNonRoot != true'
FENCE = re.compile(r"^( *)```(\w+)([^\n]*)\n(.*?)^\1```$", re.MULTILINE | re.DOTALL)
OF_OTHERS = {"--set", "--as-root", "--storage-driver", "--isolation", "--no-sandbox"}
"""Options of helm, oc, Buildah and Chromium that pages name."""
REGENERATE = "SCCLINT_WRITE_GOLDEN=1 python -m pytest tests/docs   (then read the changes)"


class Block(NamedTuple):
    """A fenced block of a page: its language, the rest of the first line, and its text."""

    page: Path
    line: int
    language: str
    about: str
    text: str

    def __str__(self) -> str:
        return f"{self.page.relative_to(ROOT)}:{self.line}"


def blocks(*languages: str) -> list[Block]:
    return [block for page in PAGES for block in _blocks(page) if block.language in languages]


def _blocks(page: Path) -> Iterator[Block]:
    text = page.read_text(encoding="utf-8")
    for found in FENCE.finditer(text):
        indent = len(found[1])
        body = "".join(line[indent:] if line.strip() else line for line in found[4].splitlines(keepends=True))
        yield Block(page, text.count("\n", 0, found.start()) + 1, found[2], found[3], body)


@pytest.mark.parametrize("block", blocks("console"), ids=str)
def test_shown_output_is_real(block: Block) -> None:
    command, _, shown = block.text.partition("\n")
    program, *arguments = shlex.split(command.removeprefix("$ "))
    assert program == "scclint", f"{block}: the tests can run only scclint"
    out = io.StringIO()
    with contextlib.chdir(ROOT), contextlib.redirect_stdout(out), contextlib.redirect_stderr(out):
        status = main(arguments)
    if "helm not found" in out.getvalue():
        pytest.skip("helm not found")
    assert status in (0, 1), out.getvalue()
    printed = out.getvalue()
    if os.environ.get("SCCLINT_WRITE_GOLDEN"):
        page = block.page.read_text(encoding="utf-8")
        block.page.write_text(
            page.replace(f"```console\n{block.text}```", f"```console\n{command}\n{printed}```"), encoding="utf-8"
        )
        return
    assert shown == printed, f"{block} differs from the output; if the new output is right: {REGENERATE}"


def commands() -> dict[str, str]:
    """Each scclint command in the pages, with its first place."""
    places: dict[str, str] = {}
    for place, command in _commands_of_pages():
        places.setdefault(command, place)
    return places


def _commands_of_pages() -> Iterator[tuple[str, str]]:
    for block in blocks("bash", "console"):
        lines = block.text.splitlines()[:1] if block.language == "console" else block.text.splitlines()
        for number, line in enumerate(lines):
            for words in _simple_commands(line.removeprefix("$ ")):
                if words and words[0].rpartition("/")[2] == "scclint":
                    yield f"{block.page.relative_to(ROOT)}:{block.line + 1 + number}", shlex.join(words)


def _simple_commands(line: str) -> Iterator[list[str]]:
    """Yield the words of each command of a line, without redirections and comments."""
    lexer = shlex.shlex(line, posix=True, punctuation_chars=True)
    lexer.whitespace_split = True
    lexer.commenters = ""  # shlex also treats a # within a word as a comment
    words: list[str] = []
    for word in lexer:
        if word.startswith("#"):
            break
        if word in ("|", "&&", ">"):
            yield words
            words = []
        else:
            words.append(word)
    yield words


@pytest.fixture(scope="session")
def fleet(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of a fleet that has a finished scan."""
    out = tmp_path_factory.mktemp("fleet")
    with contextlib.chdir(ROOT), contextlib.redirect_stderr(io.StringIO()):
        assert main(["fleet", "run", "-q", "--jobs", "1", "--out", str(out), "--openshift", "4.22,5.0", "fixtures/demo"]) == 0
    return out


@pytest.fixture
def project(tmp_path: Path, first_project: Path) -> Path:
    """A git repository with the files that the commands in the pages name, for one command."""
    shutil.copytree(first_project.parent, tmp_path, dirs_exist_ok=True)
    return tmp_path / first_project.name


@pytest.fixture(scope="session")
def first_project(tmp_path_factory: pytest.TempPathFactory, fleet: Path) -> Path:
    """The repository that is copied for each command."""
    root = tmp_path_factory.mktemp("pages") / "project"
    demo, article = ROOT / "fixtures" / "demo", ROOT / "fixtures" / "seccomp" / "article"
    shutil.copytree(ROOT / "fixtures" / "chart", root / "fixtures" / "chart")
    shutil.copytree(demo, root / "fixtures" / "demo")
    shutil.copytree(demo, root / "deploy")
    shutil.copy(article / "manifests.yaml", root / "deploy" / "article.yaml")
    shutil.copytree(ROOT / "fixtures" / "upgrade", root / "fixtures" / "upgrade")
    shutil.copytree(article, root / "fixtures" / "seccomp" / "article")
    shutil.copytree(article / "evidence", root / "evidence")
    shutil.copytree(fleet, root / "fleet")
    for name in (
        "observed-scc-differs/bad.yaml",
        "required-scc-unusable/good-openshift.yaml",
        "selinux-label-conflict/bad-same-scc.yaml",
    ):
        (root / "fixtures" / name).parent.mkdir()
        shutil.copy(ROOT / "fixtures" / name, root / "fixtures" / name)
    dump = "fixtures/observed-scc-differs/dump-without-rbac"
    shutil.copytree(ROOT / dump, root / dump)
    files = {
        "web.yaml": WEB,
        "targets.csv": "target,team\nfixtures/demo,shop\nfixtures/upgrade,payments\n",
        "state.yaml": "apiVersion: v1\nkind: Namespace\nmetadata: {name: shop}\n",
        "../cluster-config/namespace.yaml": "apiVersion: v1\nkind: Namespace\nmetadata: {name: shop}\n",
        "must-gather.local.5551/image/namespaces/shop/shop.yaml": "apiVersion: v1\nkind: Namespace\nmetadata: {name: shop}\n",
        "inspect.local.1/namespaces/shop/shop.yaml": "apiVersion: v1\nkind: Namespace\nmetadata: {name: shop}\n",
        "inspect.local.2/namespaces/shop/core/serviceaccounts/web.yaml": "apiVersion: v1\nkind: ServiceAccount\n",
        "events.yaml": "apiVersion: v1\nkind: List\nitems: [{apiVersion: v1, kind: Event, reason: SELinuxLabelConflict}]\n",
        "templates/web.yaml": "apiVersion: template.openshift.io/v1\nkind: Template\nobjects: []\nparameters: [{name: IMAGE_TAG}]\n",
        "charts/shop/Chart.yaml": "apiVersion: v2\nname: shop\nversion: 1.0.0\n",
        "charts/shop/templates/web.yaml": WEB,
        "rendered/shop/templates/web.yaml": f"---\n# Source: shop/templates/web.yaml\n{WEB}",
        "old/web.yaml": WEB,
        "new/web.yaml": WEB,
        "dump/web.yaml": WEB,
        "monday/web.yaml": WEB,
        "tuesday/web.yaml": WEB,
        "scc.yaml": "apiVersion: v1\nkind: Namespace\nmetadata: {name: shop}\n",
        "profile.json": '{"defaultAction": "SCMP_ACT_ALLOW"}',
        "seccomp/profile.json": '{"defaultAction": "SCMP_ACT_ALLOW"}',
    }
    for name, text in files.items():
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).write_text(text, encoding="utf-8")
    identity = ["-c", "user.name=docs", "-c", "user.email=docs@example.com"]
    for arguments in (
        ["init", "-q", "-b", "main"],
        ["add", "."],
        [*identity, "commit", "-qm", "Add"],
        ["update-ref", "refs/remotes/origin/main", "HEAD"],
        # Each command gets a copy, and hundreds of folders take longer to copy than one pack.
        ["gc", "-q"],
    ):
        subprocess.run(["git", *arguments], cwd=root, check=True)
    return root


@pytest.mark.parametrize(("command", "place"), sorted(commands().items()))
def test_commands_run(command: str, place: str, project: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    _, *arguments = shlex.split(command)
    piped = DENIAL if "--message" in arguments else WEB
    monkeypatch.setattr("sys.stdin", io.TextIOWrapper(io.BytesIO(piped.encode())))
    out = io.StringIO()
    with contextlib.chdir(project), contextlib.redirect_stdout(out), contextlib.redirect_stderr(out):
        status = main(arguments)
    if "helm not found" in out.getvalue():
        pytest.skip("helm not found")
    assert status in (0, 1), f"{place}: {command}\n{out.getvalue()}"


@pytest.mark.parametrize("block", [b for b in blocks("yaml", "toml") if "title=" in b.about], ids=str)
def test_configurations_are_valid(block: Block) -> None:
    name = block.about.partition('title="')[2].partition('"')[0]
    if name.startswith("fixtures/"):
        return
    if name == ".scclint-accepted.yaml":
        assert acceptances.parse(block.text, name)
        return
    config = build_config(parse_config(block.text, name), builtin().rules, {})
    assert config.settings, block
    with_declared(builtin(), config)


@pytest.mark.parametrize("block", [b for b in blocks("python") if b.page.name in ("api.md", "custom-rules.md")], ids=str)
def test_python_examples_run(block: Block) -> None:
    exec(compile(block.text, str(block), "exec"), {})


def test_links_between_files_work() -> None:
    """mkdocs checks the links of the site, but not those of the files at the root."""
    for page in PAGES[:3]:
        for target in re.findall(r"\]\(([^)#:]+)(?:#[^)]*)?\)", page.read_text(encoding="utf-8")):
            assert (page.parent / target).exists(), f"{page.name}: {target}"


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.name))
def test_a_page_can_be_read_from_the_top(page: Path) -> None:
    """Readers search the pages of reference, so these may be longer."""
    if page.parent.name == "reference" or page.name == "errors.md":
        return
    most = 600 if page.name == "README.md" else 2500
    assert len(page.read_text(encoding="utf-8").split()) <= most


@pytest.mark.parametrize("page", SITE, ids=lambda page: str(page.name))
def test_rules_options_and_settings_exist(page: Path) -> None:
    text = page.read_text(encoding="utf-8")
    rules = {f"[{rule.id}](rules/{rule.name}.md)" for rule in builtin()}
    assert set(re.findall(r"\[[A-Z]{3}\d{3}\]\(rules/[^)]+\)", text)) <= rules
    commands = list(_commands(build()))
    assert set(re.findall(r"`scclint ([a-z-]+)", text)) <= {name for name, _ in commands}
    options = {option for _, command in commands for option in command._option_string_actions}
    assert set(re.findall(r"`(--[a-z0-9.-]+)", text)) <= options | OF_OTHERS
    settings = {".".join(key) for key in KEYS.values()}
    assert set(re.findall(r"`(cluster\.[a-z0-9.-]+)`", text)) <= settings


def _commands(parser: argparse.ArgumentParser) -> Iterator[tuple[str, argparse.ArgumentParser]]:
    """Yield each command with its parser, commands of commands included."""
    for action in parser._actions:
        if isinstance(action, argparse._SubParsersAction):
            for name, command in action.choices.items():
                yield name, command
                yield from _commands(command)


def test_readme_names_the_two_commands() -> None:
    text = (ROOT / "README.md").read_text(encoding="utf-8")
    run = "python3 -m venv .venv && .venv/bin/pip install -q . && .venv/bin/scclint check --fail-on never fixtures/demo"
    test = "python3 -m venv .venv && .venv/bin/pip install -q -e '.[dev]' && .venv/bin/python -m pytest -n auto"
    assert f"```bash\n{run}\n```" in text
    assert f"```bash\n{test}\n```" in text
