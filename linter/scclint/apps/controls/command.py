"""`scclint controls`."""

from argparse import Namespace

from scclint import __version__
from scclint.apps.controls.api_server import admission_plugin_problems
from scclint.apps.controls.assess import assess
from scclint.apps.controls.facts import control_facts
from scclint.apps.controls.frameworks import framework, frameworks
from scclint.apps.controls.report import render_html, render_json, render_markdown, render_sarif, render_text
from scclint.config.model import Config
from scclint.console.arguments import dumps_in, open_run, settings, stored, terminal_columns, write_formats
from scclint.console.progress import progress
from scclint.console.status import FINDINGS, OK, status_of_units
from scclint.errors import UsageError
from scclint.platform.releases import DEFAULT
from scclint.record import EMPTY, replace
from scclint.report.text import visible_line
from scclint.run.merge import merge
from scclint.run.options import RunOptions
from scclint.run.views import JUDGED, viewed_with
from scclint.text import listed


def run(args: Namespace) -> int:
    """Print the status of each control; 1 if one fails by something that is not suppressed."""
    config, registry = settings(args)
    if config.platform == "kubernetes":
        raise UsageError("the frameworks are about OpenShift, and plain Kubernetes has no SCCs")
    chosen_framework = framework(getattr(args, "framework", frameworks()[0].name))
    with progress() as step:
        # A rule that is off must not make a control pass.
        config = replace(config, profile="strict", select=(), ignore=(), per_path=(), severity=EMPTY, baseline="")
        opened_run = open_run(args, config, registry, stored(args, RunOptions(progress=step)))
        dumps = dumps_in(args)
        found, results = viewed_with(opened_run, control_facts(chosen_framework, dump=bool(dumps)), JUDGED)
        report = merge(results, opened_run.units, opened_run, opened_run.notices, whole=opened_run.whole)
    assessments = assess(
        chosen_framework, [one.value for one in found], report.findings, api_server=admission_plugin_problems(dumps)
    )

    def render(form: str, output: str | None) -> str:
        if form == "sarif":
            return render_sarif(report)
        if form == "html":
            return render_html(chosen_framework, assessments, _about(args, opened_run.config))
        forms = {"json": render_json, "markdown": render_markdown}
        if form in forms:
            return forms[form](chosen_framework, assessments)
        return render_text(chosen_framework, assessments, None if output else terminal_columns())

    write_formats(args, render)
    return status_of_units(opened_run, (one.status for one in found)) or (
        FINDINGS if any(assessment.status == "fail" for assessment in assessments) else OK
    )


def _about(args: Namespace, config: Config) -> str:
    """What was assessed, for a page that is read on its own."""
    paths = listed(map(visible_line, args.paths), "and")
    releases = listed(config.openshift or (DEFAULT,), "and")
    return f"scclint {__version__} judged {paths} for OpenShift {releases}."
