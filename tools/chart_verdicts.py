"""Write docs/charts.md: what OpenShift does with popular charts as they are, and the values that fix it.

    python tools/chart_verdicts.py FOLDER > docs/charts.md

FOLDER has clones of the repositories in CHARTS, each named OWNER+NAME. Each chart is judged with its defaults, and again with the values of
all proved fixes together. The values are in the page only if the second run shows that they hold.
"""

import re
import shutil
import subprocess
import sys
import tempfile
from collections import Counter
from collections.abc import Collection, Iterator, Sequence
from contextlib import chdir
from pathlib import Path
from typing import NamedTuple

from scclint.causes.join import joined
from scclint.config.model import Config
from scclint.files.sources import find_sources
from scclint.finding import Finding
from scclint.objects.documents import data_of_file
from scclint.platform.releases import DEFAULT
from scclint.registry import builtin
from scclint.remedy.proofs import with_fixes
from scclint.run.options import RunOptions
from scclint.run.run import prepare, report_of
from scclint.text import listed
from scclint.yaml.untyped import as_mapping, as_text, mappings

CHARTS: tuple[tuple[str, str, str], ...] = (
    ("argoproj/argo-helm", "charts/argo-cd", ""),
    ("argoproj/argo-helm", "charts/argo-workflows", ""),
    ("cockroachdb/helm-charts", "cockroachdb", ""),
    ("codecentric/helm-charts", "charts/keycloakx", ""),
    ("fluent/helm-charts", "charts/fluent-bit", ""),
    ("goharbor/harbor-helm", ".", ""),
    ("grafana/helm-charts", "charts/promtail", ""),
    ("hashicorp/vault-helm", ".", ""),
    ("jenkinsci/helm-charts", "charts/jenkins", ""),
    ("jupyterhub/zero-to-jupyterhub-k8s", "jupyterhub", ""),
    ("kedacore/charts", "keda", ""),
    ("nats-io/k8s", "helm/charts/nats", ""),
    ("nextcloud/helm", "charts/nextcloud", ""),
    (
        "open-telemetry/opentelemetry-helm-charts",
        "charts/opentelemetry-collector",
        "mode=deployment,image.repository=otel/opentelemetry-collector-k8s",
    ),
    ("opensearch-project/helm-charts", "charts/opensearch", ""),
    ("prometheus-community/helm-charts", "charts/prometheus", ""),
    ("SonarSource/helm-chart-sonarqube", "charts/sonarqube", "community.enabled=true,monitoringPasscode=example"),
    ("traefik/traefik-helm-chart", "traefik", ""),
    ("trinodb/charts", "charts/trino", ""),
    ("VictoriaMetrics/helm-charts", "charts/victoria-metrics-single", ""),
)
"""Repository and folder of each chart, and the values that it requires."""

HEAD = """# Popular charts on OpenShift

What OpenShift {release} does with popular Helm charts that people install without values of their own, and the values that make every pod
start under `restricted-v2`. `tools/chart_verdicts.py` writes this page: it judges each chart as its repository has it, and then once more
with the values. Values are here only if the second run shows that they hold.

- **Rejected** names the workloads that no SCC admits. A service account needs a grant for them, or the values next to it.
- **Values** is what to pass to `helm install` or to write into your own values file. It removes user and group IDs that the chart sets for
  other platforms. The SCC then sets IDs of the namespace's range, and the image must allow such a user.
- **Decide** is a fix that takes something away from the pods or grants them an SCC: decide whether that is right.
- **Edit** is a change that `--set` does not make: edit the file, or change the rendered manifests.
- **Grant** says that the pods need something of the node. `scclint suggest` prints the smallest SCC for them.

For your own values, run `scclint check` in the folder of the chart or of your GitOps repository. [Fixing](fixing.md) describes the fixes,
and [Grants](grants.md) the SCCs.

"""


class Verdict(NamedTuple):
    """A chart as it is rendered with some values: its workloads, the refusals with their fixes, other findings by rule, and what failed."""

    workloads: Collection[str]
    refused: Sequence[Finding] = ()
    others: Counter[str] | None = None
    failed: str = ""


def judged(folder: Path, values: str) -> Verdict:
    """Judge the chart in a folder with values as helm's `--set` takes them."""
    config = Config(helm_set=tuple(_split(values)))
    with chdir(folder.parent):
        others = [name for name in _dependencies(folder) if Path(name).is_dir()]
        units = (folder.name, f"{folder.name}#*") if others else ()
        options = RunOptions(review=True, force_generated=True, units=units)
        run = prepare(find_sources([folder.name, *others], config), config, builtin(), options)
        report = joined(report_of(run))
        shown = [finding for finding in report.live if finding.kind != "advice"]
        fixed = [finding for finding in with_fixes(run, report, shown).live if finding.kind != "advice"]
    if not any(unit.rendered for unit in run.units):
        return Verdict((), failed=next((notice.message for notice in report.notices), "no chart is rendered"))
    outcomes = report.outcomes[DEFAULT] if DEFAULT in report.outcomes else next(iter(report.outcomes.values()), ())
    return Verdict(
        {f"{each.kind} {each.name}" for each in outcomes},
        [finding for finding in fixed if finding.rule_id == "SCC101"],
        Counter(f"{finding.rule_id} ({finding.rule_name})" for finding in fixed if finding.rule_id != "SCC101"),
    )


def _dependencies(folder: Path) -> list[str]:
    return [
        as_text(each.get("name")) for each in mappings(as_mapping(data_of_file(str(folder / "Chart.yaml"))).get("dependencies"))
    ]


def _split(values: str) -> list[str]:
    return [value for value in re.split(r"(?<!\\),", values) if value]


def fixes(verdict: Verdict, safety: Collection[str]) -> list[str]:
    """The values of each proved fix of these classes, as helm's `--set` takes them."""
    titles = [finding.fix.title for finding in verdict.refused if finding.fix is not None and finding.fix.safety in safety]
    return [match[1] for title in titles if (match := re.search(r"with helm: `--set ([^`]+)`", title))]


def as_setting(*values: str) -> str:
    """Several texts for helm's `--set` as one, each value once."""
    return ",".join(dict.fromkeys(value for each in values for value in _split(each)))


def about(repository: str, folder: Path, required: str) -> Iterator[str]:
    """The lines of the page about one chart."""
    chart = as_mapping(data_of_file(str(folder / "Chart.yaml")))
    verdict = judged(folder, required)
    yield f"## {chart['name']} {chart['version']}\n"
    given = f", with `--set {required}`, which it requires" if required else ""
    yield f"[{repository}](https://github.com/{repository}), {date(repository)}{given}.\n"
    if verdict.failed:
        yield f"- Not judged: {verdict.failed}.\n"
        return
    refused = {f"{finding.subject.kind} {finding.subject.name}": finding for finding in verdict.refused}
    number = f"{len(verdict.workloads)} workload{'s' * (len(verdict.workloads) != 1)}"
    if refused:
        why = Counter(finding.message.partition(", rejects ")[2] for finding in refused.values())
        yield f"- **Rejected**: {listed(list(refused))}, of {number}. restricted-v2 rejects {'; '.join(why)}."
    else:
        yield f"- **Admitted**: {number}."
    if verdict.others:
        yield f"- **Also reported**: {', '.join(f'{number} x {name}' for name, number in verdict.others.items())}."
    yield from remedies(folder, required, verdict)
    yield ""


def remedies(folder: Path, required: str, verdict: Verdict) -> Iterator[str]:
    """The lines about the values that fix a chart, each tried, and about what no value fixes."""
    left = verdict
    for title, safety in (("Values", ("safe", "unsafe")), ("Decide", ("safe", "unsafe", "advice"))):
        found = fixes(verdict, safety) if left.refused else []
        chosen = ""
        for values in (as_setting(*found), *found) if found else ():
            if not left.refused or values == chosen:
                break
            after = judged(folder, as_setting(required, chosen, values))
            better = not after.failed and len(after.refused) < len(left.refused)
            if better and len(after.workloads) >= len(verdict.workloads):
                left, chosen = after, as_setting(chosen, values)
        if chosen:
            total = len(left.workloads)
            yield f"- **{title}**: `--set {chosen}`: then {total - len(left.refused)} of {total} are admitted."
    edited = [finding for finding in left.refused if finding.fix is not None and finding.fix.safety != "advice"]
    for finding in edited:
        assert finding.fix is not None
        yield f"- **Edit**: {finding.subject.name}: {finding.fix.title.partition(' (in your own')[0].removesuffix('.')}."
    if granted := [f"{f.subject.kind} {f.subject.name}" for f in left.refused if f not in edited]:
        yield f"- **Grant**: {listed(granted)}."


def date(repository: str) -> str:
    """The day of the newest commit of a clone."""
    command = ["git", "-C", str(FOLDER / repository.replace("/", "+")), "log", "-1", "--format=%cs"]
    return subprocess.run(command, capture_output=True, text=True, check=True).stdout.strip()


def page() -> Iterator[str]:
    """The lines of the page."""
    yield HEAD.format(release=DEFAULT)
    for repository, chart, required in CHARTS:
        clone = FOLDER / repository.replace("/", "+")
        with tempfile.TemporaryDirectory() as name:
            source = clone / chart
            # Charts of the same repository may be dependencies. Values files other than the defaults would be more views.
            copied = Path(name) / "charts"
            unneeded = shutil.ignore_patterns(
                ".git", "ci", "test*", "*-values.yaml", "values-*.yaml", "values.*.yaml", "examples", "*.md"
            )
            if chart == ".":
                shutil.copytree(source, copied / repository.rpartition("/")[2], ignore=unneeded)
                folder = copied / repository.rpartition("/")[2]
            else:
                shutil.copytree(source.parent, copied, ignore=unneeded)
                folder = copied / source.name
            yield from about(repository, folder, required)


FOLDER = Path(sys.argv[1] if len(sys.argv) > 1 else ".").resolve()

if __name__ == "__main__":
    for line in page():
        print(line, flush=True)
