"""`scclint verify`."""

from argparse import Namespace
from collections.abc import Sequence
from itertools import chain

from scclint.apps.evidence.captures import captures, read_evidence
from scclint.apps.evidence.predict import predictions
from scclint.apps.evidence.report import disagreements, verify_json, verify_text
from scclint.apps.evidence.seccomp import open_on_one_cluster, release
from scclint.apps.evidence.verify import Verification, verify
from scclint.config.model import Config
from scclint.console.arguments import settings, write_formats
from scclint.console.status import BUG, FINDINGS, NOTHING, OK, USAGE, status_of_units
from scclint.errors import UsageError
from scclint.files.dump import holds_dump
from scclint.finding import Severity
from scclint.objects.types import Workload
from scclint.record import replace
from scclint.report import Options, render
from scclint.report.output import say
from scclint.rule import Rule
from scclint.run.judge import OpenUnit
from scclint.run.merge import merged_tally
from scclint.run.notices import tallies
from scclint.run.report import Report, UnitResult
from scclint.run.shared import Run
from scclint.run.texts import texts_of
from scclint.run.views import input_status
from scclint.text import listed

PAGE = """\
A node shows another seccomp profile for a container than its manifest leads to.

The message names the step of the chain at which they part: an SCC granted outside the input, `seccompDefault` in the
kubelet of the node's pool, a field that something set or took away, a privileged container, another release of CRI-O, other
capabilities, or another content of the file.
"""


def run(args: Namespace) -> int:
    """Predict, read the evidence, compare; 1 where they disagree."""
    config, registry = settings(args)
    release(args, config)
    # A dump is both: evidence, and the state of the cluster.
    evidence = list(dict.fromkeys([*args.evidence, *filter(holds_dump, config.cluster_state)]))
    config = replace(config, cluster_state=tuple(dict.fromkeys([*config.cluster_state, *filter(holds_dump, evidence)])))
    opened_run, opened = open_on_one_cluster(args, config, registry)
    predicted = predictions(opened)
    crio = _crio(args, config, opened_run)
    files = captures(evidence)
    if (first := next(files, None)) is None:
        raise UsageError(f"no evidence in {listed(evidence)}: no file is there")
    verification = verify(predicted, read_evidence(chain([first], files)), crio)

    def text_in(form: str, output: str | None) -> str:
        if form == "sarif":
            return _sarif(verification, opened)
        return verify_json(verification) if form == "json" else verify_text(verification)

    write_formats(args, text_in)
    code = status_of_units(opened_run, map(input_status, opened))
    if code in (USAGE, BUG):
        return code
    if not verification.compared:
        say("scclint: nothing was compared: the evidence decides about no container of the manifests")
        return NOTHING
    return OK if verification.agrees else FINDINGS


def _crio(args: Namespace, config: Config, run: Run) -> str:
    """The CRI-O release of the nodes: the one asked for, else that of a dump's nodes if they have one, else that of its release."""
    cluster = run.observed
    if cluster is None or config.openshift or hasattr(args, "crio"):
        return release(args, config)
    return cluster.crio[0] if len(cluster.crio) == 1 else release(args, run.config)


def _sarif(verification: Verification, opened: Sequence[OpenUnit]) -> str:
    """The disagreements as SARIF results at the workloads' names."""
    findings = disagreements(verification)
    # Nodes are compared with, manifests are not checked.
    title = "A node shows another profile"
    rule: Rule[Workload] = Rule(
        "VER001", "node-disagrees", title, "problem", Severity.ERROR, None, Workload, lambda subject, world: (), PAGE, "0.1"
    )
    texts = {file: text for unit in opened for file, text in unit.inputs.texts.items()}
    report = Report(
        findings=findings,
        tally=merged_tally(
            UnitResult(unit.unit.name, tallies=tallies(unit.inputs, unit.ours), files=tuple(unit.inputs.read))
            for unit in opened
        ),
        platform=next((unit.platform for unit in opened), ""),
        texts=texts_of(findings, texts),
        rules=(rule,),
    )
    return render(report, "sarif", Options())
