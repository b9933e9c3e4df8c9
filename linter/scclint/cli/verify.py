"""`scclint verify`."""

import os
from argparse import Namespace
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

from scclint.cli.inputs import settings
from scclint.cli.main import BUG, FINDINGS, NOTHING, OK, USAGE
from scclint.cli.review import status, write_formats
from scclint.cli.seccomp import open_on_one_cluster, release
from scclint.engine.merge import merged_tally, texts_of
from scclint.engine.report import Report
from scclint.errors import UsageError
from scclint.evidence.captures import read_evidence
from scclint.evidence.predict import predictions
from scclint.evidence.verify import verify
from scclint.files.read import read
from scclint.files.walk import walk
from scclint.finding import Severity
from scclint.judge import OpenUnit
from scclint.model.workload import Workload
from scclint.record import replace
from scclint.report import seccomp as commands
from scclint.report.sanitize import visible
from scclint.rule import Rule
from scclint.world import World

if TYPE_CHECKING:
    from scclint.evidence.verify import Verification

PAGE = """\
A node shows another seccomp profile for a container than its manifest leads to.

The message names the step of the chain at which they part: an SCC granted outside the input, `seccompDefault` in the
kubelet of the node's pool, a field that something set or took away, a privileged container, another release of CRI-O, other
capabilities, or another content of the file.
"""


def run(args: Namespace) -> int:
    """Predict, read the evidence, compare; 1 where they disagree."""
    config, registry = settings(args)
    crio = release(args, config)
    asked, opened = open_on_one_cluster(args, config, registry)
    predicted = predictions(opened)
    verification = verify(predicted, read_evidence(_files(args.evidence)), crio)

    def render(form: str, output: str | None) -> str:
        if form == "sarif":
            return _sarif(verification, opened)
        return (
            commands.verify_json(verification) if form == "json" else visible(commands.verify_text(verification), longest=None)
        )

    whole = write_formats(args, render)
    code = status(asked, opened)
    if code in (USAGE, BUG):
        return code
    if not predicted:
        return NOTHING
    return USAGE if not whole else OK if verification.agrees else FINDINGS


def _files(paths: Sequence[str]) -> Iterator[tuple[str, str]]:
    """Each file, and each file below a folder in order of path, with its text. Raises UsageError for a missing one."""
    for path in paths:
        if os.path.isdir(path):
            below = (os.path.join(folder, name) for folder, _, names in walk(path) for name in names)
            yield from ((file, read(file)) for file in sorted(below))
        elif os.path.exists(path):
            yield path, read(path)
        else:
            raise UsageError(f"no such evidence: {path}")


def _sarif(verification: "Verification", opened: Sequence[OpenUnit]) -> str:
    """The disagreements as SARIF results at the workloads' names."""
    from scclint.report import Options, render

    spans = {(span.file, span.line): span for unit in opened for span in (w.place.span for w in unit.workloads)}
    found = [replace(f, span=spans.get((f.span.file, f.span.line), f.span)) for f in commands.disagreements(verification)]
    rule = Rule("VER001", "node-disagrees", "A node shows another profile", Severity.ERROR, Workload, _none, PAGE, "0.1")
    texts = {file: text for unit in opened for file, text in unit.inputs.texts.items()}
    report = Report(
        findings=tuple(found),
        tally=merged_tally(unit.part for unit in opened),
        platform=next((unit.platform for unit in opened), ""),
        texts=texts_of(found, texts),
        rules=(rule,),
    )
    return render(report, "sarif", Options())


def _none(subject: Workload, world: World) -> tuple[()]:
    """Nodes are compared with, manifests are not checked."""
    return ()
