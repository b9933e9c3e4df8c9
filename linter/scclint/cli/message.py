"""`scclint explain --message`."""

import os
from argparse import Namespace
from collections.abc import Sequence

from scclint.about import site_page
from scclint.config.model import Config
from scclint.console.arguments import color_wanted, open_units, say_what_is_read, settings, terminal_columns, write_formats
from scclint.console.status import OK, status_of_units
from scclint.errors import UsageError
from scclint.files import STDIN, is_stream, read, read_stream
from scclint.message.answers import Explanation, answer
from scclint.message.incidents import Incident, incidents
from scclint.message.manifests import matches
from scclint.report import Options
from scclint.report import message as reports
from scclint.run.judge import OpenUnit
from scclint.run.named_workloads import Named, named
from scclint.run.options import RunOptions
from scclint.run.shared import Run
from scclint.run.views import input_status
from scclint.yaml.untyped import several

_UNKNOWN = (
    "scclint knows no error in this text. {} lists those that it knows. For a pod that is not created, pass the output of `oc get events`; "
    "for a pod that does not start, that of `oc describe pod NAME` and of `oc logs NAME`."
)


def run(args: Namespace) -> int:
    """Print for each error in a text what is wrong and what to do, at the line of its workload if the command line names manifests."""
    found = incidents(_text(args.message))
    if not found:
        raise UsageError(_UNKNOWN.format(site_page("errors")))
    if args.what or args.paths:
        answers, code = _in_manifests(args, found)
    else:
        config = Config(openshift=tuple(several(getattr(args, "openshift", ()))))
        answers, code = [answer(incident, config) for incident in found], OK

    def render(form: str, output: str | None) -> str:
        if form == "json":
            return reports.render_json(answers)
        columns = None if output else terminal_columns()
        return reports.render_text(answers, Options(color=color_wanted(args, output), width=columns))

    write_formats(args, render, paged=True)
    return code


def _text(message: str) -> str:
    """Return the text that an argument names: a file, standard input, or the message itself, which has spaces."""
    if is_stream(message):
        if message == STDIN:
            say_what_is_read("the message")
        return read_stream(message)
    if " " in message.strip():
        return message
    if not os.path.exists(message):
        raise UsageError(
            f"{message}: no such file; --message takes a file, - for standard input, or a text with spaces in quotes"
        )
    return read(message)


def _in_manifests(args: Namespace, found: Sequence[Incident]) -> tuple[list[Explanation], int]:
    """Return the answers with the workloads in the manifests, and the exit status for the input."""
    meant = named(args.what) if args.what else Named()
    args.paths = [*filter(None, [meant.path]), *args.paths] or ["."]
    config, registry = settings(args)

    def load(config: Config) -> tuple[Run, list[OpenUnit]]:
        # The cluster knows no suppressions: the cause may be a finding that the repository accepts.
        return open_units(args, config, registry, RunOptions(ignores=False))

    matched, opened_run, opened = matches(found, config, load, meant.is_meant)
    answers = [answer(incident, config, match) for incident, match in zip(found, matched, strict=True)]
    return answers, status_of_units(opened_run, map(input_status, opened))
