"""A run over one file imports what it uses and nothing else: that is what makes a commit hook quick."""

import subprocess
import sys
from pathlib import Path

import pytest

RULES = Path(__file__).parents[1] / "rules"

ALWAYS = """
admission admission.access admission.admit admission.aggregate admission.assign admission.authorize
admission.capabilities admission.constraints admission.decoding admission.field admission.group admission.order
admission.pod admission.provider admission.rbac admission.seccomp admission.selinux admission.service_account
admission.sysctl admission.user admission.verdict admission.volumes admission.wording
api
cli cli.check cli.commands cli.inputs cli.main cli.options cli.parser cli.progress
cluster cluster.accounts cluster.cluster cluster.feature_gates cluster.grants cluster.installed cluster.namespace_policy
cluster.namespaces cluster.objects cluster.scc_admission cluster.sccs
config config.discover config.model config.selection
data
engine engine.merge engine.neighbours engine.report engine.rule_set engine.run engine.scan engine.texts
errors
expand expand.item expand.lists
files files.discover files.ignored files.read files.real_paths files.sources
finding
go_text
judge judge.check judge.guard judge.inputs judge.load judge.model judge.notices judge.part judge.progress judge.render
judge.session judge.worlds
limits
memo
load load.document load.reader load.sniff
model model.id_ranges model.kinds model.labels model.namespaces model.node_config model.object model.pod
model.releases model.roles model.scc model.schema model.storage model.terms model.unknown model.view model.workload
other_units
outcome outcome.chain outcome.field_problems outcome.index outcome.manifests outcome.outcomes outcome.steps outcome.world
podsecurity podsecurity.admission podsecurity.checks podsecurity.csi podsecurity.defaults podsecurity.labels podsecurity.levels
podsecurity.pod podsecurity.scc_level podsecurity.standards podsecurity.syncer
record
registry
report report.full report.options report.output report.sanitize report.summary report.terminal
rule
rules
schemas
seccomp seccomp.effective
source
suppress suppress.syntax
text
units units.bundle units.context units.detect units.elsewhere units.facts units.helm units.kustomize
units.kustomize.surroundings units.outline units.plain units.unit
untyped
validation validation.fields validation.names validation.pods validation.problem validation.sccs validation.validate
yaml yaml.compose yaml.events yaml.go_yaml yaml.lines yaml.locate yaml.merge_keys yaml.nodes yaml.scalars yaml.split
"""
"""The modules of scclint, rules apart, that a run over one clean Deployment imports."""

FINDINGS = """
engine.grouping judge.trace report.lines report.snippet units.tracer
"""
"""What a run that shows findings imports more."""

NEVER = (
    *("asyncio", "ast", "concurrent.futures", "dataclasses", "difflib", "email", "hashlib", "http", "inspect"),
    "logging",
    *("multiprocessing", "pathlib", "pickle", "pydoc", "shutil", "socket", "sqlite3", "ssl", "subprocess", "tempfile"),
    *("threading", "tomllib", "unittest", "urllib", "xml"),
    *("jinja2", "jsonschema", "markupsafe", "referencing", "rpds", "cel", "shtab", "pygls", "lsprotocol"),
    *("dask", "distributed", "duckdb", "fsspec", "pyarrow"),
)
"""Whatever is wanted in a clean run, it is none of these."""

CLEAN = """apiVersion: apps/v1
kind: Deployment
metadata:
  name: web
spec:
  selector: {matchLabels: {app: web}}
  template:
    metadata:
      labels: {app: web}
    spec:
      containers:
        - name: web
          image: registry.example/web:1
"""


@pytest.fixture(scope="module")
def imported(tmp_path_factory: pytest.TempPathFactory) -> set[str]:
    """The modules that `scclint check` has imported when it ends."""
    output, imported = check(tmp_path_factory.mktemp("clean"), CLEAN)
    assert output.startswith("No problems found.")
    return imported


def test_the_version_needs_nothing_that_judges() -> None:
    code = "import sys; from scclint.cli import main; main(); print(*sys.modules)"
    run = subprocess.run([sys.executable, "-c", code, "-V"], capture_output=True, text=True, check=True)
    version, modules = run.stdout.splitlines()
    assert version.startswith("scclint ")
    judging = ("scclint.engine", "scclint.judge", "scclint.world", "scclint.rules.", "yaml")
    assert [name for name in modules.split() if name.startswith(judging)] == []


def check(folder: Path, manifest: str) -> tuple[str, set[str]]:
    """The output of a run and the modules that it imports."""
    (folder / "web.yaml").write_text(manifest, encoding="utf-8")
    # From Python 3.14 on, argparse imports dear modules of its own for the colors of help.
    parser = "import argparse, sys; argparse.ArgumentParser().add_argument('paths'); print(*sys.modules)"
    before = subprocess.run([sys.executable, "-c", parser], cwd=folder, capture_output=True, text=True, check=True)
    code = "import sys; from scclint.cli import main; status = main(); print(*sys.modules, file=sys.stderr); sys.exit(status)"
    command = [sys.executable, "-c", code, "check", "web.yaml"]
    run = subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False)
    return run.stdout, set(run.stderr.split()) - set(before.stdout.split())


def test_modules_of_scclint(imported: set[str]) -> None:
    ours = {name.removeprefix("scclint.") for name in imported if name.startswith("scclint.")}
    others = {name for name in ours if not name.startswith("rules.")}
    known = set(ALWAYS.split())
    assert others - known == set(), "import these where they are used, or, if every run needs them, list them in ALWAYS"
    assert known - others == set(), "ALWAYS lists modules that the run does without"


def test_all_rules(imported: set[str]) -> None:
    """Every rule is there to be chosen, and of the helpers only what a rule imports at its top."""
    rules = {name.removeprefix("scclint.rules.") for name in imported if name.startswith("scclint.rules.")}
    assert {name for name in rules if not name.startswith("_")} == {file.stem for file in RULES.glob("[a-z]*.py")}


def test_findings_cost_little_more(imported: set[str], tmp_path: Path) -> None:
    output, more = check(tmp_path, CLEAN + "          securityContext: {runAsUser: 1000}\n")
    assert "error[SCC101]" in output
    assert more - imported == {f"scclint.{name}" for name in FINDINGS.split()}


def test_nothing_dear(imported: set[str]) -> None:
    assert sorted(name for name in NEVER if name in imported) == []
