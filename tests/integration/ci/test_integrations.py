"""The files in integrations/: each is valid for its tool, and its commands run on a git repository as the tool runs them."""

import json
import os
import re
import shlex
import shutil
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any, NamedTuple

import pytest

from scclint.about import IMAGE
from scclint.cli import main
from tests.deploy.tools import needs_helm
from tests.yaml_text import read_yaml, write_yaml

ROOT = Path(__file__).parents[3]
FOLDER = ROOT / "integrations"
FILES = sorted(path for path in FOLDER.rglob("*") if path.is_file() and path.suffix != ".md")
DEMO = ROOT / "fixtures" / "demo"
REFUSED = re.compile(r"^    rejected$|result: admitted -> rejected$", re.MULTILINE)
ACTION = read_yaml((ROOT / "action.yml").read_text(encoding="utf-8"))


def load(name: str) -> Any:
    return read_yaml((FOLDER / name).read_text(encoding="utf-8"))


class Checkout(NamedTuple):
    """A clone on a branch that makes a workload worse, with stand-ins for the programs of the runner in `bin`.

    `base` is the commit of the branch `main` of its origin. `run` executes a script in a shell.
    """

    folder: Path
    base: str
    bin: Path

    def run(self, script: str, shell: Sequence[str] = ("bash", "-eo", "pipefail"), **env: str) -> str:
        path = f"{self.bin}{os.pathsep}{os.environ['PATH']}"
        done = subprocess.run(
            [*shell, "-c", script],
            cwd=self.folder,
            env={**os.environ, "PATH": path, **env},
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            check=False,
        )
        return f"{done.stdout}status {done.returncode}"


STAND_INS = {
    "scclint": f'exec "{sys.executable}" -P -m scclint "$@"',
    "pip": 'printf "pip %s\\n" "$*"',
    "gh": 'printf "gh %s\\n" "$*"; cat "$5"',
    # `python3 -I -m venv FOLDER`
    "python3": 'test "$1 $2 $3" = "-I -m venv"; mkdir -p "$4/bin"; cp "$(dirname "$0")/pip" "$(dirname "$0")/scclint" "$4/bin"',
}


@pytest.fixture(scope="module")
def checkout(tmp_path_factory: pytest.TempPathFactory) -> Checkout:
    for program in ("bash", "git"):
        if not shutil.which(program):
            pytest.skip(f"no {program}")
    root = tmp_path_factory.mktemp("integrations")
    origin, clone, bin = root / "origin", root / "clone", root / "bin"
    settings = ("-c", "user.name=t", "-c", "user.email=t@example.com")
    for folder in ("deploy", "clusters/production"):
        shutil.copytree(DEMO, origin / folder)
    for words in (("init", "-q", "-b", "main"), ("add", "."), (*settings, "commit", "-qm", "Base")):
        subprocess.run(["git", *words], cwd=origin, check=True)
    base = subprocess.check_output(["git", "rev-parse", "HEAD"], cwd=origin, text=True).strip()
    subprocess.run(["git", "clone", "-q", origin.as_uri(), str(clone)], check=True)
    manifest = clone / "deploy" / "deployment.yaml"
    text = manifest.read_text().replace("      containers:\n", "      securityContext: {runAsUser: 0}\n      containers:\n", 1)
    manifest.write_text(text)
    subprocess.run(["git", *settings, "commit", "-qam", "Run as root"], cwd=clone, check=True)
    bin.mkdir()
    for name, line in STAND_INS.items():
        (bin / name).write_text(f"#!/bin/sh\nset -e\n{line}\n")
        (bin / name).chmod(0o755)
    return Checkout(clone, base, bin)


def _program(name: str) -> str:
    """The path of a program of the extra `dev`."""
    program = shutil.which(name, path=f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}")
    if program is None:
        pytest.skip(f"{name} is not installed")
    return program


def validate(schema: str, path: Path, *more: str) -> None:
    pytest.importorskip("check_jsonschema")
    words = [sys.executable, "-m", "check_jsonschema", "--builtin-schema", f"vendor.{schema}", *more, str(path)]
    done = subprocess.run(words, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr


@pytest.mark.parametrize("path", FILES, ids=lambda path: str(path.relative_to(FOLDER)))
def test_the_page_shows_or_links_each_file(path: Path) -> None:
    page = (ROOT / "docs" / "integrations.md").read_text(encoding="utf-8")
    text, name = path.read_text(encoding="utf-8"), path.relative_to(ROOT).as_posix()
    assert f"\n{text}```" in page or f"/blob/main/{name})" in page, f"show or link {name} in docs/integrations.md"


def test_python_takes_no_module_from_the_tree() -> None:
    """`python -m` would take it from the working directory, which can be hostile."""
    for path in FILES:
        for line in path.read_text(encoding="utf-8").splitlines():
            if "container" not in path.parts and re.search(r"\bpython3? -", line):
                assert re.search(r"\bpython3? -I ", line), f"{path.name}: {line}"


# GitHub


@pytest.mark.parametrize("path", sorted((FOLDER / "github").iterdir()), ids=lambda path: str(path.name))
def test_github_workflows_are_valid(path: Path) -> None:
    validate("github-workflows", path)
    steps = [step for job in read_yaml(path.read_text())["jobs"].values() for step in job["steps"]]
    for step in steps:
        assert "${{" not in step.get("run", ""), "an expression in a script is code"
        if step.get("uses", "").startswith("scclint/"):
            assert set(step["with"]) <= set(ACTION["inputs"])


def test_github_workflows_use_the_actions_that_the_project_uses() -> None:
    """Dependabot keeps those of the project up to date."""
    own = (ROOT / ".github" / "workflows" / "ci.yml").read_text(encoding="utf-8")
    for path in (FOLDER / "github").iterdir():
        for used in re.findall(r"uses: (.*)", path.read_text(encoding="utf-8")):
            assert f"uses: {used}\n" in own or used.startswith("scclint/scclint@v"), f"{path.name}: {used}"


def test_zizmor_finds_only_that_a_release_of_scclint_is_named() -> None:
    program = _program("zizmor")
    words = [program, "--offline", "--quiet", "--format", "json", *map(str, (FOLDER / "github").iterdir())]
    done = subprocess.run(words, capture_output=True, text=True, check=False)
    places = [(one["ident"], one["locations"][0]["concrete"]["feature"]) for one in json.loads(done.stdout)]
    assert [place for place in places if not place[1].startswith("uses: scclint/scclint@")] == []
    assert {ident for ident, _ in places} == {"unpinned-uses"}


def test_the_github_comment_has_the_changed_verdicts(checkout: Checkout, tmp_path: Path) -> None:
    (step,) = (step for step in load("github/comment.yml")["jobs"]["comment"]["steps"] if "run" in step)
    out = checkout.run(step["run"], BASE=checkout.base, NUMBER="7", RUNNER_TEMP=str(tmp_path))
    assert out.endswith("status 0")
    assert f"gh pr comment 7 --body-file {tmp_path}/change.md --edit-last --create-if-none\n" in out
    assert "Workloads that get something else: 1" in out


@needs_helm
def test_the_github_workflow_for_helm_judges_each_environment(checkout: Checkout) -> None:
    job = load("github/helm.yml")["jobs"]["render"]
    chart = checkout.folder / "charts" / "web"
    (chart / "templates").mkdir(parents=True)
    (chart / "Chart.yaml").write_text("apiVersion: v2\nname: web\nversion: 0.1.0\n")
    (chart / "templates" / "pod.yaml").write_text(
        "apiVersion: v1\nkind: Pod\nmetadata: {name: web}\nspec:\n  hostPID: {{ .Values.host }}\n  containers: [{name: c, image: i}]\n"
    )
    for environment in job["strategy"]["matrix"]["environment"]:
        (checkout.folder / f"values-{environment}.yaml").write_text(f"host: {str(environment == 'production').lower()}\n")
        (render,) = (step["run"] for step in job["steps"] if "run" in step)
        (given,) = (step["with"] for step in job["steps"] if step.get("uses", "").startswith("scclint/"))
        assert checkout.run(render, ENVIRONMENT=environment).endswith("status 0")
        out = checkout.run(shlex.join(["scclint", "check", *shlex.split(given["args"]), given["paths"]]))
        assert ("charts/web/templates/pod.yaml:5" in out) is (environment == "production")
    for created in (checkout.folder / "charts", checkout.folder / "rendered"):
        shutil.rmtree(created)


# GitLab

INPUT = re.compile(r"\$\[\[ inputs\.([\w-]+) \]\]")


def component(**inputs: str) -> tuple[dict[str, Any], dict[str, Any]]:
    """The component's `spec` and its jobs with these inputs, as GitLab interpolates them."""
    head, body = (FOLDER / "gitlab" / "templates" / "scclint.yml").read_text(encoding="utf-8").split("\n---\n")
    spec = read_yaml(head)
    known = spec["spec"]["inputs"]
    given = {name: str(about["default"]) for name, about in known.items()} | inputs
    assert set(INPUT.findall(body)) == set(known) == set(given)
    return spec, read_yaml(INPUT.sub(lambda found: given[found[1]], body))


def test_the_gitlab_component_is_valid(tmp_path: Path) -> None:
    spec, jobs = component()
    assert all(about["description"] for about in spec["spec"]["inputs"].values())
    rendered = tmp_path / "gitlab.yml"
    rendered.write_text(write_yaml({**spec, **jobs}))
    validate("gitlab-ci", rendered, "--data-transform", "gitlab-ci")
    validate("gitlab-ci", FOLDER / "gitlab" / "gitlab-ci.yml", "--data-transform", "gitlab-ci")
    (include,) = load("gitlab/gitlab-ci.yml")["include"]
    assert set(include["inputs"]) <= set(spec["spec"]["inputs"])
    assert include["remote"].endswith("/integrations/gitlab/templates/scclint.yml")


def gitlab(checkout: Checkout, base: str = "", **inputs: str) -> str:
    job = component(**{name.replace("_", "-"): value for name, value in inputs.items()})[1]["scclint"]
    return checkout.run(
        "\n".join(job["script"]), ("sh", "-e"), **job["variables"], **({"CI_MERGE_REQUEST_DIFF_BASE_SHA": base} if base else {})
    )


def test_the_gitlab_component_on_a_merge_request(checkout: Checkout) -> None:
    out = gitlab(checkout, checkout.base, paths="deploy clusters/production", cluster="--openshift 4.18,4.20", version="0.1.0")
    assert out.startswith("pip install --quiet --disable-pip-version-check scclint==0.1.0\n")
    assert REFUSED.search(out)
    assert "OpenShift 4.18, 4.20" in out or "OpenShift 4.18 and 4.20" in out
    assert out.endswith("status 1")
    assert (checkout.folder / "scclint-change.md").read_text().startswith("## scclint: ")
    assert json.loads((checkout.folder / "gl-code-quality-report.json").read_text())
    assert json.loads((checkout.folder / "scclint.sarif").read_text())["runs"][0]["results"]
    artifacts = component()[1]["scclint"]["artifacts"]
    assert {*artifacts["paths"], *artifacts["reports"].values()} == {
        *("scclint-change.md", "scclint.sarif", "gl-code-quality-report.json")
    }


def test_the_gitlab_component_on_a_branch(checkout: Checkout) -> None:
    assert gitlab(checkout, paths="deploy", fail_on="never").endswith("status 0")
    assert gitlab(checkout, paths="no/*").endswith("status 2")


@pytest.mark.parametrize("text", ["$(touch owned)", "; touch owned", "`touch owned`", "a' ; touch owned ; '"])
@pytest.mark.parametrize("name", ["paths", "cluster"])
def test_the_gitlab_component_executes_no_input(name: str, text: str, checkout: Checkout) -> None:
    assert not gitlab(checkout, **{"paths": "deploy", name: text}).endswith("status 0")
    assert not (checkout.folder / "owned").exists()


# Tekton

TASK = load("tekton/scclint-task.yaml")


def test_scclint_finds_nothing_in_its_own_task(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["check", "--isolated", "--fail-on", "gap", str(FOLDER / "tekton")]) == 0
    assert main(["review", "--isolated", str(FOLDER / "tekton")]) == 0
    assert "restricted-v2" in capsys.readouterr().out


def test_the_tekton_task_runs(checkout: Checkout) -> None:
    (step,) = TASK["spec"]["steps"]
    params = {param["name"]: param["default"] for param in TASK["spec"]["params"]}
    assert params["image"].startswith(f"{IMAGE}:")
    params |= {"args": ["--openshift", "4.20"], "paths": ["deploy", "clusters/production"]}
    words = list(step["command"])
    for word in step["args"]:
        whole = re.fullmatch(r"\$\(params\.([\w-]+)\[\*\]\)", word)
        words += params[whole[1]] if whole else [re.sub(r"\$\(params\.([\w-]+)\)", lambda found: params[found[1]], word)]
    assert "$(" not in "".join(words)
    assert checkout.run(shlex.join(words)).endswith("status 1")
    assert json.loads((checkout.folder / "scclint.sarif").read_text())["runs"][0]["results"]


# Jenkins


def test_the_jenkins_stage_runs(checkout: Checkout, tmp_path: Path) -> None:
    text = (FOLDER / "jenkins" / "Jenkinsfile").read_text(encoding="utf-8")
    assert text.count("{") == text.count("}") and text.count("(") == text.count(")")
    (written,) = re.findall(r"sh '''\n(.*?)'''", text, re.DOTALL)
    # Groovy joins lines at a backslash. It knows no other escape in the script, and expands nothing.
    script = written.replace("\\\n", "")
    assert "\\" not in script
    out = checkout.run(script, ("sh", "-xe"), WORKSPACE_TMP=str(tmp_path), CHANGE_TARGET="main")
    assert REFUSED.search(out) and out.endswith("status 0")
    for name in re.findall(r"(?:pattern|artifacts): '([^']+)'", text):
        assert (checkout.folder / name).exists(), name
    out = checkout.run(script, ("sh", "-xe"), WORKSPACE_TMP=str(tmp_path))
    assert out.endswith("status 0") and not REFUSED.search(out)


# Azure Pipelines

PLAIN = ("--regex-variant", "nonunicode")
"""The schema has expressions that are wrong for the mode u of JavaScript."""


def test_the_azure_pipeline_is_valid_and_runs(checkout: Checkout, tmp_path: Path) -> None:
    validate("azure-pipelines", FOLDER / "azure" / "azure-pipelines.yml", "--data-transform", "azure-pipelines", *PLAIN)
    folders = {"AGENT_TEMPDIRECTORY": str(tmp_path), "BUILD_ARTIFACTSTAGINGDIRECTORY": str(tmp_path / "staged")}
    (tmp_path / "staged").mkdir()
    install, compare, check = (step["bash"] for step in load("azure/azure-pipelines.yml")["steps"] if "bash" in step)
    assert "pip install" in checkout.run(install)
    out = checkout.run(compare, SYSTEM_PULLREQUEST_TARGETBRANCHNAME="main", **folders)
    assert out == f"##vso[task.uploadsummary]{tmp_path}/change.md\nstatus 0"
    assert (tmp_path / "change.md").read_text().startswith("## scclint: origin/main to .\n")
    assert checkout.run(check, **folders).endswith("status 1")
    assert json.loads((tmp_path / "staged" / "scclint.sarif").read_text())["runs"][0]["results"]


# Container image

INSTRUCTIONS = [
    line.split(None, 1)
    for line in (FOLDER / "container" / "Containerfile").read_text(encoding="utf-8").replace("\\\n", "").splitlines()
    if line and not line.startswith("#")
]


def test_the_image_runs_as_a_user_without_rights() -> None:
    assert [value for name, value in INSTRUCTIONS if name == "USER"][-1] == "1001"
    assert {value.partition("/")[0] for name, value in INSTRUCTIONS if name == "FROM"} == {"registry.access.redhat.com"}


def test_the_image_copies_what_the_package_needs() -> None:
    copied = [shlex.split(value)[:-1] for name, value in INSTRUCTIONS if name == "COPY"]
    sources = [word for words in copied for word in words if not word.startswith("--") and "--from=build" not in words]
    assert all((ROOT / source).exists() for source in sources), sources
    assert {
        "pyproject.toml",
        "setup.py",
        "MANIFEST.in",
        "README.md",
        "LICENSE",
        "linter",
        "rules",
        "schemas",
        "requirements/run.txt",
        "requirements/build.txt",
    } == set(sources)


def test_hadolint() -> None:
    words = [_program("hadolint"), str(FOLDER / "container" / "Containerfile")]
    done = subprocess.run(words, capture_output=True, text=True, check=False)
    assert (done.returncode, done.stdout) == (0, "")


# MegaLinter

PLUGIN = load("mega-linter-plugin-scclint/scclint.megalinter-descriptor.yml")


_MEGALINTER_FIELDS = {
    *("linter_name", "name", "linter_text", "linter_url", "linter_repo", "linter_rules_url", "linter_rules_configuration_url"),
    *("config_file_name", "cli_config_arg_name", "cli_lint_mode", "cli_lint_extra_args", "can_output_sarif", "cli_sarif_args"),
    *("cli_lint_errors_count", "cli_lint_errors_regex", "cli_help_arg_name", "cli_version_arg_name", "examples", "install"),
}
"""Fields that MegaLinter's schema allows in a linter, from `megalinter/descriptors/schemas/` in its repository. It refuses others."""


def test_the_megalinter_plugin_is_valid() -> None:
    assert PLUGIN["descriptor_type"] in ("language", "format", "tooling_format", "other")
    assert set(PLUGIN) <= {"descriptor_id", "descriptor_type", "descriptor_label", "file_extensions", "linters"}
    (linter,) = PLUGIN["linters"]
    assert set(linter) <= _MEGALINTER_FIELDS
    assert linter["cli_lint_mode"] in ("file", "project", "list_of_files")
    assert linter["cli_lint_errors_count"] in ("regex_number", "regex_count", "regex_sum", "total_lines", "sarif")
    assert set(linter["install"]) <= {"apk", "cargo", "dockerfile", "gem", "npm", "pip"}


def test_the_megalinter_plugin_runs(checkout: Checkout, tmp_path: Path) -> None:
    """As MegaLinter puts the command together in the mode `project`."""
    (linter,) = PLUGIN["linters"]
    assert linter["cli_lint_mode"] == "project"
    assert {"descriptor_id", "descriptor_type", "linters"} <= set(PLUGIN) and {"linter_name", "linter_url", "examples"} <= set(
        linter
    )
    assert [line.split()[0] for line in linter["install"]["dockerfile"]] == ["RUN"]
    report = tmp_path / "report.sarif"
    sarif = [word.replace("{{SARIF_OUTPUT_FILE}}", str(report)) for word in linter["cli_sarif_args"]]
    (checkout.folder / linter["config_file_name"]).write_text("exclude: [clusters/]\n")
    config = [linter["cli_config_arg_name"], linter["config_file_name"]]
    command = [linter["linter_name"], *linter["cli_lint_extra_args"], *config]
    out = checkout.run(shlex.join(command))
    (checkout.folder / linter["config_file_name"]).unlink()
    assert out.endswith("status 1")
    numbers = re.findall(linter["cli_lint_errors_regex"], out)
    assert checkout.run(shlex.join([linter["linter_name"], *linter["cli_lint_extra_args"], *sarif])).endswith("status 1")
    errors = [result for result in json.loads(report.read_text())["runs"][0]["results"] if "deploy/" in json.dumps(result)]
    assert sum(map(int, numbers)) == sum(result["level"] == "error" for result in errors)
    for option in (linter["cli_help_arg_name"], linter["cli_version_arg_name"]):
        assert checkout.run(f"scclint {option}").endswith("status 0")


# pre-commit


def test_the_pre_commit_example(tmp_path: Path) -> None:
    pytest.importorskip("pre_commit")
    example = FOLDER / "pre-commit" / "pre-commit-config.yaml"
    words = [sys.executable, "-m", "pre_commit", "validate-config", str(example)]
    env = {**os.environ, "PRE_COMMIT_HOME": str(tmp_path)}
    done = subprocess.run(words, capture_output=True, text=True, check=False, env=env)
    assert done.returncode == 0, done.stdout + done.stderr
    ids = {hook["id"] for hook in read_yaml((ROOT / ".pre-commit-hooks.yaml").read_text())}
    assert {hook["id"] for hook in read_yaml(example.read_text())["repos"][0]["hooks"]} == ids
