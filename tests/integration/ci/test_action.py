"""The composite action: its steps as a runner executes them, and the shape of it and of the example workflows."""

import json
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any, NamedTuple

import pytest

from tests.yaml_text import read_yaml

ROOT = Path(__file__).parents[3]
DEMO = ROOT / "fixtures" / "demo"


def load(path: Path) -> Any:
    return read_yaml(path.read_text(encoding="utf-8"))


ACTION = load(ROOT / "action.yml")
STEPS = {step["name"]: step for step in ACTION["runs"]["steps"]}
SCRIPTS = ("Read the options", "Compare", "Check")
"""The steps that run scclint, in order. A step runs only if the ones before it succeeded."""
EXPRESSION = re.compile(r"\$\{\{\s*inputs\.([\w-]+)( \|\| github\.event\.pull_request\.base\.sha)?\s*\}\}")


class Run(NamedTuple):
    """What the steps left behind: the status of the last, what they printed, their outputs, and the job summary."""

    status: int
    text: str
    outputs: dict[str, str]
    summary: str


class Runner:
    """As much of a GitHub runner as the scripts need, in a folder of its own with the demo manifests in it.

    `base_sha` is what the event says about a pull request.
    """

    def __init__(self, folder: Path) -> None:
        self.workspace = folder / "work"
        self.base_sha = ""
        shutil.copytree(DEMO, self.workspace / "demo")
        self.temp = folder / "temp"
        bin = self.temp / "scclint" / "bin"
        bin.mkdir(parents=True)
        for name in ("python", "scclint"):
            program = [sys.executable] if name == "python" else [sys.executable, "-P", "-m", "scclint"]
            (bin / name).write_text("#!/bin/sh\nexec " + " ".join(f"'{word}'" for word in program) + ' "$@"\n')
            (bin / name).chmod(0o755)

    def check(self, **inputs: str) -> Run:
        given = {name: str(about.get("default", "")) for name, about in ACTION["inputs"].items()}
        given |= {name.replace("_", "-"): value for name, value in inputs.items()}
        output, summary = self.temp / "output", self.temp / "summary"
        output.write_text("")
        summary.write_text("")
        runner = {"RUNNER_TEMP": str(self.temp), "GITHUB_OUTPUT": str(output), "GITHUB_STEP_SUMMARY": str(summary)}
        status, text = 0, ""
        for name in SCRIPTS:
            step = STEPS[name]
            if status or ("if" in step and not self._holds(step["if"], given)):
                continue
            env = {key: EXPRESSION.sub(lambda found: self._value(found, given), value) for key, value in step["env"].items()}
            (self.temp / "step.sh").write_text(step["run"])
            done = subprocess.run(
                ["bash", "--noprofile", "--norc", "-eo", "pipefail", str(self.temp / "step.sh")],
                cwd=self.workspace,
                env={**os.environ, **env, **runner},
                stdout=subprocess.PIPE,
                stderr=subprocess.STDOUT,
                text=True,
                check=False,
            )
            status, text = done.returncode, text + done.stdout
        return Run(status, text, _outputs(output.read_text()), summary.read_text())

    def commit(self, message: str) -> str:
        """Commit the workspace, and return the hash of the commit."""
        settings = ("-c", "user.name=t", "-c", "user.email=t@example.com")
        for words in (("init", "-q"), ("add", "."), (*settings, "commit", "-qm", message)):
            subprocess.run(["git", *words], cwd=self.workspace, check=True)
        return subprocess.check_output(["git", "rev-parse", "HEAD"], cwd=self.workspace, text=True).strip()

    def _value(self, found: re.Match[str], given: dict[str, str]) -> str:
        return given[found[1]] or (self.base_sha if found[2] else "")

    @staticmethod
    def _holds(condition: str, given: dict[str, str]) -> bool:
        found = re.fullmatch(r"inputs\.([\w-]+) == '(\w+)'", condition)
        assert found, condition
        return given[found[1]] == found[2]


def _outputs(text: str) -> dict[str, str]:
    """The two ways to write an output: `name=value`, and `name<<mark` with the value on the lines up to the mark."""
    found = {}
    lines = iter(text.splitlines())
    for line in lines:
        name, heredoc, mark = line.partition("<<")
        if heredoc:
            found[name] = "\n".join(iter(lambda: next(lines), mark))
        else:
            name, _, found_value = line.partition("=")
            found[name] = found_value
    return found


@pytest.fixture
def runner(tmp_path: Path) -> Runner:
    if not shutil.which("bash"):
        pytest.skip("no bash")
    return Runner(tmp_path)


def test_findings_are_annotated_written_and_counted(runner: Runner) -> None:
    run = runner.check(paths="demo", category="demo")
    assert run.status == 1
    assert run.text.startswith("::error file=demo/bare-pod.yaml,line=9,"), run.text
    assert run.outputs == {"status": "1", "sarif-file": "scclint.sarif"}
    sarif = json.loads((runner.workspace / "scclint.sarif").read_text())
    assert {"SEC201", "SEC206"} <= {result["ruleId"] for result in sarif["runs"][0]["results"]}
    assert sarif["runs"][0]["automationDetails"]["id"] == "demo/"
    assert run.summary.startswith("## scclint: 2 errors, 2 objects with access")
    assert "| Pod shop/shell | anyuid | kube:admin | baseline | shell | Unconfined |" in run.summary


@pytest.mark.parametrize(("fail_on", "status"), [("error", 0), ("warning", 0), ("access", 1), ("gap", 1), ("never", 0)])
def test_fail_on(runner: Runner, fail_on: str, status: int) -> None:
    run = runner.check(paths="demo", fail_on=fail_on, args="--select RBA402")
    assert (run.status, run.outputs["status"]) == (status, str(status))
    assert "::warning file=demo/needs-anyuid.yaml" in run.text


def test_a_wrong_fail_on_is_refused(runner: Runner) -> None:
    run = runner.check(paths="demo", fail_on="always")
    assert run.status == 2
    assert "--fail-on" in run.text


def test_paths_are_one_a_line_and_options_are_words(runner: Runner) -> None:
    folder = runner.workspace / "two words"
    folder.mkdir()
    shutil.copy(DEMO / "bare-pod.yaml", folder)
    run = runner.check(
        paths="two words\r\n\ndemo/deployment.yaml\n",
        args="--select 'SEC201' \n --as=\"an admin\" --as-group=system:cluster-admins",
    )
    assert "file=two words/bare-pod.yaml" in run.text
    assert "when an admin creates it" in run.text
    assert "2 files" in run.text


def test_no_module_is_taken_from_the_tree(runner: Runner, tmp_path: Path) -> None:
    for name in ("shlex", "venv", "pip", "os", "sys", "scclint"):
        (runner.workspace / f"{name}.py").write_text(f"open({str(tmp_path / 'owned')!r}, 'w')\n")
    run = runner.check(paths="demo", args="--select SCC104")
    assert run.text.startswith("::notice file=demo/bare-pod.yaml"), run.text
    assert not (tmp_path / "owned").exists()
    assert STEPS["Install scclint"]["working-directory"] == "${{ runner.temp }}"
    python = [line for step in STEPS.values() for line in step.get("run", "").splitlines() if "python" in line and " -" in line]
    assert len(python) >= 3 and all("-I" in line.split() for line in python)


HOSTILE = (
    "$(touch owned)",
    "`touch owned`",
    "; touch owned",
    "x' ; touch owned ; '",
    '" ; touch owned ; "',
    "a\ntouch owned",
    "*",
)


@pytest.mark.parametrize("text", HOSTILE)
@pytest.mark.parametrize("name", ["paths", "args", "fail_on", "sarif_file", "category", "summary", "base"])
def test_inputs_are_never_executed(runner: Runner, name: str, text: str) -> None:
    run = runner.check(**{"paths": "demo", name: text})
    assert "internal error" not in run.text
    if name in ("category", "summary", "base"):
        assert run.outputs == {"status": "1", "sarif-file": "scclint.sarif"}
    assert not (runner.workspace / "owned").exists()


def test_each_package_is_installed_by_its_hash() -> None:
    """pip refuses a package of a file of requirements without hashes, and looks for no package with the last two options."""
    installs = re.findall(r'"\$\{pip\[@\]\}" (.*)', STEPS["Install scclint"]["run"])
    assert installs == [
        '--require-hashes -r "$SOURCE/requirements/run.txt" -r "$SOURCE/requirements/build.txt"',
        '--no-deps --no-build-isolation "$SOURCE"',
    ]
    assert STEPS["Install scclint"]["run"].count("pip install") == 1


def test_no_script_holds_an_expression() -> None:
    scripts = [step["run"] for step in STEPS.values() if "run" in step]
    assert len(scripts) == 1 + len(SCRIPTS)
    assert not [script for script in scripts if "${{" in script]


def test_unbalanced_quotes_are_told(runner: Runner) -> None:
    run = runner.check(paths="demo", args="--select 'SEC201")
    assert run.status == 2
    assert run.text == "::error title=scclint::The input args cannot be split into words: No closing quotation\n"
    assert run.outputs == {"status": "2"}
    assert ACTION["outputs"]["status"]["value"] == "${{ steps.check.outputs.status || steps.options.outputs.status }}"


ROOT_USER = "      securityContext: {runAsUser: 0}\n"


def test_a_pull_request_shows_first_what_it_changes(runner: Runner) -> None:
    manifest = runner.workspace / "demo" / "deployment.yaml"
    runner.base_sha = runner.commit("Base")
    manifest.write_text(manifest.read_text().replace("      containers:\n", f"{ROOT_USER}      containers:\n", 1))
    run = runner.check(paths="demo", args="--openshift 4.20 --select SCC101,SEC2")
    change, _, findings = run.summary.partition(" to .\n")
    assert change.startswith("## scclint: ") and findings.count("## scclint: ") == 1
    assert "result: admitted -&#62; rejected" in findings.partition("## scclint: ")[0]
    assert run.status == 1
    assert "not compared" not in run.text


def test_a_checkout_of_two_commits_has_the_base(runner: Runner, tmp_path: Path) -> None:
    """GitHub checks out the merge of the pull request into its base, as `fetch-depth: 2` gets it."""
    origin = runner.workspace

    def git(*words: str) -> None:
        subprocess.run(["git", "-c", "user.name=t", "-c", "user.email=t@example.com", *words], cwd=origin, check=True)

    runner.commit("Older")
    git("checkout", "-q", "-b", "pull")
    manifest = origin / "demo" / "deployment.yaml"
    manifest.write_text(manifest.read_text().replace("      containers:\n", f"{ROOT_USER}      containers:\n", 1))
    runner.commit("Run as root")
    git("checkout", "-q", "-")
    (origin / "README.md").write_text("Newer\n")
    runner.base_sha = runner.commit("Newer")
    git("merge", "-q", "--no-ff", "-m", "Merge", "pull")
    runner.workspace = tmp_path / "checkout"
    subprocess.run(["git", "clone", "-q", "--depth=2", origin.as_uri(), str(runner.workspace)], check=True)
    summary = runner.check(paths="demo").summary
    assert summary.partition("\n")[0].endswith(" to .") and "result: admitted -&#62; rejected" in summary
    runner.workspace = tmp_path / "shallow"
    subprocess.run(["git", "clone", "-q", "--depth=1", origin.as_uri(), str(runner.workspace)], check=True)
    run = runner.check(paths="demo")
    assert "not compared" in run.text and run.summary.startswith("## scclint: ")


def test_a_push_compares_nothing_and_a_given_base_is_compared(runner: Runner) -> None:
    runner.commit("Base")
    assert runner.check(paths="demo").summary.count("## ") == 1
    assert runner.check(paths="demo", base="HEAD").summary.startswith("## scclint: HEAD to .\n\nNo problems found")
    assert runner.check(paths="demo", base="HEAD", summary="false").summary == ""


def test_a_base_that_is_not_there_is_told_and_findings_are_still_reported(runner: Runner) -> None:
    runner.commit("Base")
    runner.base_sha = "0" * 40
    run = runner.check(paths="demo", category="demo")
    assert "::warning title=scclint::The verdicts are not compared with the base." in run.text
    assert run.summary.startswith("## scclint: 2 errors, 2 objects with access")
    assert run.outputs == {"status": "1", "sarif-file": "scclint.sarif"}


def test_the_comparison_takes_the_options_that_it_has(runner: Runner) -> None:
    runner.commit("Base")
    args = "--select SEC201 --openshift=4.18 -n shop --no-cache --sarif-category x --param A=B"
    runner.check(paths="demo", base="HEAD", args=args)
    words = (runner.temp / "scclint" / "diff-options").read_text().split("\0")[:-1]
    assert words == ["--openshift=4.18", "-n", "shop", "--no-cache", "--param", "A=B"]


def test_the_tree_runs_nothing(runner: Runner, tmp_path: Path) -> None:
    """Neither git hooks and settings of the tree, nor its configuration file."""
    base = runner.commit("Base")
    owned = tmp_path / "owned"
    program = runner.workspace / "program"
    program.write_text(f"#!/bin/sh\ntouch {owned}\n")
    program.chmod(0o755)
    shutil.copy(program, runner.workspace / ".git" / "hooks" / "post-checkout")
    subprocess.run(["git", "config", "core.fsmonitor", str(program)], cwd=runner.workspace, check=True)
    (runner.workspace / ".scclint.yaml").write_text("template: evil.j2\noutput: [owned.txt]\n")
    run = runner.check(paths="demo", base=base)
    assert run.summary.count("## ") == 2
    assert not owned.exists() and not (runner.workspace / "owned.txt").exists()


def test_the_report_of_an_earlier_run_is_not_taken_for_this_one(runner: Runner) -> None:
    runner.check(paths="demo")
    run = runner.check(paths="demo", args="--select NO-SUCH-RULE")
    assert run.status == 2
    assert run.outputs == {"status": "2"}
    (sarif,) = json.loads((runner.workspace / "scclint.sarif").read_text())["runs"]
    assert (sarif["results"], sarif["invocations"][0]["executionSuccessful"]) == ([], False)


def test_the_report_of_a_failed_run_is_not_uploaded_and_the_summary_says_what_happened(runner: Runner) -> None:
    failed = runner.check(paths="demo", args="--select NO-SUCH-RULE")
    assert failed.outputs == {"status": "2"}
    assert failed.summary.startswith("## scclint: Nothing judged\n")
    assert "NO-SUCH-RULE" in failed.summary
    (runner.workspace / "values.yaml").write_text("image: web\n")
    nothing = runner.check(paths="values.yaml")
    assert nothing.outputs == {"status": "4"}
    assert nothing.summary.startswith("## scclint: Nothing judged\n")
    missing = runner.check(paths="demo\nnone.yaml", args="--select SCC301")
    assert missing.outputs == {"status": "2"}
    assert missing.summary.startswith("## scclint: Not everything judged\n")


def test_the_upload_goes_on_after_a_failure() -> None:
    upload = STEPS["Upload to code scanning"]
    assert upload["if"] == "always() && inputs.upload == 'true' && steps.check.outputs.sarif-file != ''"


def test_every_input_is_used_and_described() -> None:
    used = set(re.findall(r"inputs\.([\w-]+)", (ROOT / "action.yml").read_text()))
    assert used == set(ACTION["inputs"])
    assert all(about["description"] and isinstance(about["default"], str) for about in ACTION["inputs"].values())


FORMS = ROOT / ".github" / "ISSUE_TEMPLATE"


@pytest.mark.parametrize(
    ("schema", "path"),
    [
        ("github-actions", ROOT / "action.yml"),
        *(("github-workflows", path) for path in sorted((ROOT / ".github" / "workflows").glob("*.yml"))),
        ("dependabot", ROOT / ".github" / "dependabot.yml"),
        ("github-issue-config", FORMS / "config.yml"),
        *(("github-issue-forms", path) for path in sorted(FORMS.glob("*.yml")) if path.stem != "config"),
    ],
    ids=lambda value: value.name if isinstance(value, Path) else None,
)
def test_schema(schema: str, path: Path) -> None:
    pytest.importorskip("check_jsonschema")
    words = [sys.executable, "-m", "check_jsonschema", "--builtin-schema", f"vendor.{schema}", str(path)]
    done = subprocess.run(words, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
