"""The checks that a change must pass. `nox` runs them all, `nox --list` shows them, `nox -s lint` runs one."""

import re
import shutil
from pathlib import Path

import nox

nox.needs_version = ">=2026.4"
nox.options.default_venv_backend = "uv|virtualenv"
nox.options.download_python = "never"
nox.options.error_on_missing_interpreters = False
nox.options.reuse_existing_virtualenvs = True
nox.options.sessions = [
    "lint",
    "types",
    "docs",
    "wheel",
    "dependencies(oldest)",
    "extension",
    "integration",
    "renderings",
    "tests",
]

PROJECT = nox.project.load_toml("pyproject.toml")
PYTHONS = nox.project.python_versions(PROJECT)
OLDEST = PYTHONS[0]
NEWEST = next(version for version in reversed(PYTHONS) if version == OLDEST or shutil.which(f"python{version}"))
"""The newest Python that this machine has."""
CORE = (
    "tests/yaml",
    "tests/config",
    "tests/report/test_user_template.py",
    "tests/rules/test_fixtures.py",
)
"""Tests that use every core dependency."""
ALL_EXAMPLES = {"SCCLINT_EXAMPLES": "all"}
"""Properties are then tried with four times as many examples as in a run of `pytest` without nox."""
PACKAGES = "tests/integration/packages"
"""Tests of the packages that are built, which the session `wheel` runs."""


def install(session: nox.Session, *project: str) -> None:
    """Install the pinned requirements, and scclint without looking for others."""
    session.install("-r", "requirements/dev.txt")
    session.install("--no-deps", "--no-build-isolation", *(project or ("-e", ".")))


@nox.session(python=OLDEST)
def lint(session: nox.Session) -> None:
    """Run the hooks of .pre-commit-config.yaml, except mypy."""
    install(session)
    session.run("pre-commit", "run", "--all-files", "--show-diff-on-failure", env={"SKIP": "mypy"})


@nox.session(python=OLDEST)
def types(session: nox.Session) -> None:
    """Check the types."""
    install(session)
    session.run("mypy")


@nox.session(python=OLDEST)
def docs(session: nox.Session) -> None:
    """Build the documentation; a broken link is an error."""
    install(session)
    session.run("mkdocs", "build", "--strict", "--quiet", "--site-dir", session.create_tmp(), env={"NO_MKDOCS_2_WARNING": "1"})


@nox.session(python=OLDEST)
def wheel(session: nox.Session) -> None:
    """Build the packages, and check that the wheel contains every file and reports what the tree reports."""
    install(session, "build")
    session.run("python", "-m", "build", "--no-isolation", "--outdir", "dist", silent=True)
    version = PROJECT["project"]["version"]
    session.install("--no-deps", "--force-reinstall", f"dist/scclint-{version}-py3-none-any.whl")
    session.run("pytest", PACKAGES, "tests/rules/test_fixtures.py")


@nox.session(python=OLDEST)
@nox.parametrize("end", ["oldest", "newest"], ids=["oldest", "newest"])
def dependencies(session: nox.Session, end: str) -> None:
    """Run some tests with the oldest or newest version of each dependency that pyproject.toml allows."""
    wanted = PROJECT["project"]["dependencies"]
    if end == "oldest":
        wanted = [re.sub(r">=([^,]+).*", r"==\1", requirement) for requirement in wanted]
    session.install("--upgrade", "-e", ".[cel]", "hypothesis", "pytest", "pytest-xdist", *wanted)
    session.run("pytest", "-n", "auto", *CORE)


@nox.session(python=OLDEST)
def extension(session: nox.Session) -> None:
    """Build the extension for Visual Studio Code in dist, as a file that the editor installs. Skipped without npm."""
    if shutil.which("npm") is None:
        session.skip("npm is not installed")
    install(session)
    package = Path("dist").resolve() / f"scclint-{PROJECT['project']['version']}.vsix"
    package.parent.mkdir(exist_ok=True)
    with session.chdir("editors/vscode"):
        session.run("npm", "ci", "--ignore-scripts", "--no-audit", "--no-fund", external=True, silent=True)
        session.run("npm", "run", "package", "--", "--out", str(package), external=True, silent=True)
    session.run("pytest", "tests/apps/lsp/test_vscode.py")


@nox.session(python=OLDEST, venv_backend="uv", venv_params=["--seed"])
def integration(session: nox.Session) -> None:
    """Run the tests in `tests/integration`: those that start other programs or take long. Arguments after `--` go to pytest."""
    # Seeded with pip, by which the tests of the commit hooks build wheels.
    install(session)
    chosen = session.posargs or ("tests/integration", f"--ignore={PACKAGES}")
    session.run("pytest", "-n", "auto", *chosen, env=ALL_EXAMPLES)


@nox.session(python=OLDEST)
def renderings(session: nox.Session) -> None:
    """Run the tests that use tests/renderings with helm and kustomize, and compare what they make; with `-- write`, record it."""
    install(session)
    recorded = Path("tests/renderings").rglob("*.jsonl")
    modules = {str(Path("tests") / file.relative_to("tests/renderings").with_suffix(".py")) for file in recorded}
    # What a new module needs is not recorded yet.
    others = (file for file in Path("tests").rglob("test_*.py") if "integration" not in file.parts)
    modules |= {str(file) for file in others if re.search("needs_(helm|kustomize)", file.read_text(encoding="utf-8"))}
    mode = session.posargs[0] if session.posargs else "check"
    session.run("pytest", "-n", "auto", "--dist", "loadfile", *sorted(modules), env={"SCCLINT_RENDERINGS": mode})


@nox.session(python=OLDEST)
def ratios(session: nox.Session) -> None:
    """Fail when a run takes a fifth more than it should beside other programs. It needs an idle machine, so `nox` alone leaves it out.

    Arguments after `--` go to `benchmarks/ratios.py`.
    """
    install(session, ".")
    session.run("python", "benchmarks/ratios.py", *session.posargs)


@nox.session(python=PYTHONS[::-1])
def tests(session: nox.Session) -> None:
    """Run the other tests: all on the oldest and the newest Python that is there, and those of the core on the others.

    On the oldest Python, coverage is measured. Arguments after `--` go to pytest in place of that.
    """
    install(session)
    if session.posargs:
        chosen = tuple(session.posargs)
    elif session.python == OLDEST:
        chosen = ("--cov",)
    else:
        chosen = () if session.python == NEWEST else CORE
    session.run("pytest", "-n", "auto", *chosen, env=ALL_EXAMPLES)


@nox.session(python=OLDEST)
def requirements(session: nox.Session) -> None:
    """Write the pinned requirements again; with `-- --upgrade`, take new releases."""
    session.install("uv")
    for file, chosen in (
        ("run.txt", ("pyproject.toml",)),
        ("dev.txt", ("pyproject.toml", "--extra=dev", "--extra=docs")),
        ("archive.txt", ("pyproject.toml", "--extra=archive")),
        ("build.txt", ("--group=build",)),
        ("release.txt", ("--group=release",)),
    ):
        session.run(
            *("uv", "pip", "compile", "--quiet", "--universal", "--fork-strategy=fewest"),
            *(
                f"--python-version={OLDEST}",
                "--generate-hashes",
                "--no-annotate",
                # pip looks for the newest release of what a package asks for with extras, unless the line names them.
                "--no-strip-extras",
                "--custom-compile-command=nox -s requirements",
            ),
            *(*chosen, f"--output-file=requirements/{file}", *session.posargs),
        )
