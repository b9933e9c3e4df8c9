"""Real pre-commit on throw-away repositories. The hook's environment is built once, from wheels on disk and without network."""

import json
import os
import shutil
import subprocess
import sys
import tomllib
from pathlib import Path
from typing import Any, NamedTuple

import pytest

ROOT = Path(__file__).parents[3]
BUILT_FROM = (
    ".pre-commit-hooks.yaml",
    "pyproject.toml",
    "setup.py",
    "README.md",
    "LICENSE",
    "MANIFEST.in",
    "linter",
    "rules",
    "schemas",
)
IDENTITY = {
    "GIT_AUTHOR_NAME": "a",
    "GIT_AUTHOR_EMAIL": "a@example.com",
    "GIT_COMMITTER_NAME": "a",
    "GIT_COMMITTER_EMAIL": "a@example.com",
    "GIT_CONFIG_GLOBAL": os.devnull,
    "GIT_CONFIG_NOSYSTEM": "1",
}


class Done(NamedTuple):
    """`status` of a command and all it said."""

    status: int
    text: str


def command(*words: str, cwd: Path, env: dict[str, str] | None = None) -> Done:
    clean = {k: v for k, v in os.environ.items() if not k.startswith("GIT_") and k != "PRE_COMMIT"}
    environ = {**clean, **IDENTITY, **(env or {})}
    done = subprocess.run(
        words, cwd=cwd, env=environ, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, check=False, timeout=300
    )
    return Done(done.returncode, done.stdout)


def git(cwd: Path, *words: str, env: dict[str, str] | None = None) -> str:
    done = command("git", *words, cwd=cwd, env=env)
    assert done.status == 0, done.text
    return done.text.strip()


@pytest.fixture(scope="session")
def wheelhouse(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with the wheels to build and run scclint: the one that SCCLINT_WHEELHOUSE names, or downloaded now."""
    given = os.environ.get("SCCLINT_WHEELHOUSE")
    if given:
        assert Path(given).is_dir(), f"SCCLINT_WHEELHOUSE={given} is no folder"
        return Path(given)
    folder = tmp_path_factory.mktemp("wheelhouse")
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    wanted = [*project["build-system"]["requires"], *project["project"]["dependencies"]]
    pip = (sys.executable, "-m", "pip", "--disable-pip-version-check", "--retries", "0", "--timeout", "15")
    done = command(*pip, "download", "-q", "--only-binary", ":all:", "-d", str(folder), *wanted, cwd=folder)
    if done.status != 0:
        unreachable = ("Connection", "connection", "Temporary failure", "timed out", "No matching distribution")
        assert any(sign in done.text for sign in unreachable), done.text
        pytest.skip("no wheelhouse, and no package registry to make one")
    return folder


class Hooks(NamedTuple):
    """The repository with the hooks, as `repo` and `rev` of a configuration, and the variables to run pre-commit with."""

    repo: str
    rev: str
    env: dict[str, str]


@pytest.fixture(scope="session")
def hooks(tmp_path_factory: pytest.TempPathFactory, wheelhouse: Path) -> Hooks:
    if not shutil.which("git"):
        pytest.skip("no git")
    folder = tmp_path_factory.mktemp("hooks")
    for name in BUILT_FROM:
        if (ROOT / name).is_dir():
            shutil.copytree(ROOT / name, folder / name, ignore=shutil.ignore_patterns("__pycache__", ".*cache"))
        else:
            shutil.copy(ROOT / name, folder / name)
    git(folder, "init", "-q", "-b", "main")
    git(folder, "add", "-A")
    git(folder, "commit", "-q", "-m", "hooks")
    env = {
        "PRE_COMMIT_HOME": str(tmp_path_factory.mktemp("pre-commit")),
        "PIP_NO_INDEX": "1",
        "PIP_FIND_LINKS": str(wheelhouse),
        "PIP_DISABLE_PIP_VERSION_CHECK": "1",
        "PIP_CONFIG_FILE": os.devnull,
    }
    return Hooks(str(folder), git(folder, "rev-parse", "HEAD"), env)


class Repository:
    """A throw-away repository that uses one of the hooks."""

    def __init__(self, folder: Path, hooks: Hooks) -> None:
        self.folder = folder
        self._hooks = hooks
        git(folder, "init", "-q", "-b", "main")

    def use(self, *ids: str, **settings: Any) -> None:
        """Configure the hooks of those ids, each with those settings, and commit that."""
        entries = [{"id": id, **settings} for id in ids]
        config = {"repos": [{"repo": self._hooks.repo, "rev": self._hooks.rev, "hooks": entries}]}
        self.write(".pre-commit-config.yaml", json.dumps(config))
        git(self.folder, "add", ".pre-commit-config.yaml")
        git(self.folder, "commit", "-q", "-m", "use hooks")

    def write(self, name: str, text: str) -> None:
        path = self.folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")

    def add(self, **files: str) -> None:
        """Write and stage files; `__` in a name stands for a folder, and all are `.yaml`."""
        for name, text in files.items():
            self.write(f"{name.replace('__', '/')}.yaml", text)
        git(self.folder, "add", "-A")

    def git(self, *words: str) -> str:
        return git(self.folder, *words, env=self._hooks.env)

    def pre_commit(self, *words: str, **env: str) -> Done:
        return command(sys.executable, "-m", "pre_commit", *words, cwd=self.folder, env={**self._hooks.env, **env})

    def commit(self, *options: str) -> Done:
        """`git commit` with pre-commit installed as its hook, as a user does."""
        installed = self.pre_commit("install")
        assert installed.status == 0, installed.text
        return command("git", "commit", *options, "-m", "change", cwd=self.folder, env=self._hooks.env)


@pytest.fixture
def repository(tmp_path: Path, hooks: Hooks) -> Repository:
    return Repository(tmp_path, hooks)
