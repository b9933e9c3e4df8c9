"""`scclint explain --message`."""

from argparse import Namespace
from collections.abc import Sequence

from scclint.about import site_page
from scclint.cli.named_workloads import Named, named
from scclint.cli.output import color_wanted, open_units, settings, terminal_columns, write_formats
from scclint.cli.status import OK, status_of_units
from scclint.errors import UsageError
from scclint.files import is_stream, read, read_stream
from scclint.finding import Finding
from scclint.message.read import Message, explain_message
from scclint.model.object import Workload
from scclint.model.pod_names import is_pod_of
from scclint.model.releases import DEFAULT, ORDER
from scclint.record import replace
from scclint.report import Options
from scclint.report import message as reports
from scclint.run.options import RunOptions
from scclint.run.report import Report
from scclint.run.run import report_of


def run(args: Namespace) -> int:
    """Print what a pasted message means, and the findings about its workload if the command line names manifests."""
    text = read_stream(args.message) if is_stream(args.message) else read(args.message)
    message = explain_message(text)
    if not message.errors:
        raise UsageError(f"{args.message}: scclint knows no error in this message. {site_page('errors')} lists those it knows.")
    report, code = None, OK
    if args.what or args.paths:
        report, code = _report(args, message)

    def render(form: str, output: str | None) -> str:
        if form == "json":
            return reports.render_json(message, report)
        columns = None if output else terminal_columns()
        return reports.render_text(message, report, Options(color=color_wanted(args, output), width=columns))

    write_formats(args, render, paged=True)
    return code


def _report(args: Namespace, message: Message) -> tuple[Report, int]:
    """Return the findings about the workload of a message, each with its proved fix, and the exit status for the input."""
    from scclint.remedy.proofs import with_fixes

    meant = named(args.what) if args.what else Named()
    args.paths = [*filter(None, [meant.path]), *args.paths] or ["."]
    config, registry = settings(args)
    if not config.openshift and (release := _release(message)):
        config = replace(config, openshift=(release,))
    # The cluster knows no suppressions: the cause may be a finding that is one of the baseline.
    run, opened = open_units(args, config, registry, RunOptions(ignores=False))
    workloads = [workload for unit in opened for workload in unit.workloads if meant.is_meant(workload)]
    # The name of a pod may lack what the API server adds at the end.
    pods = [f"{message.pod}{end}" for end in ("", "bcdfg") if message.pod]
    named_there = [w for w in workloads if any(is_pod_of(w.kind, w.name, pod) for pod in pods)]
    report = report_of(run)
    findings = _about(report.live, named_there or workloads, message)
    return with_fixes(run, replace(report, findings=findings), findings), status_of_units(run, opened)


def _release(message: Message) -> str:
    """Return the release to judge for if the message is not of the default one; empty if it may be."""
    if message.until and ORDER[message.until] < ORDER[DEFAULT]:
        return message.until
    return message.since if message.since and ORDER[message.since] > ORDER[DEFAULT] else ""


def _about(findings: Sequence[Finding], workloads: Sequence[Workload], message: Message) -> tuple[Finding, ...]:
    """Return the findings about the workloads by the rules that report the errors of the message."""
    rules = {rule for error in message.errors for rule in error.rules}
    subjects = {(workload.kind, workload.name) for workload in workloads}
    return tuple(f for f in findings if f.rule_id in rules and (f.subject.kind, f.subject.name) in subjects)
