"""`scclint who-can`."""

import os
import re
from argparse import Namespace

from scclint.cluster.who_can import SubjectKind
from scclint.config.model import Config
from scclint.console.arguments import check_paths, settings_of_one_cluster, terminal_columns, view_units, write_formats
from scclint.console.status import status_of_units
from scclint.deploy.unit import PLAIN, Placed, Unit
from scclint.errors import UsageError
from scclint.platform.terms import EVERYONE, SERVICE_ACCOUNT_PREFIX, SERVICE_ACCOUNTS_OF
from scclint.report import who_can
from scclint.report.text import Json, dump
from scclint.run.judge import OpenUnit, UnitView, open_unit
from scclint.run.shared import Run
from scclint.run.views import Viewed, input_status

_KINDS: dict[str, SubjectKind] = {
    "serviceaccount": "ServiceAccount",
    "serviceaccounts": "ServiceAccount",
    "sa": "ServiceAccount",
    "user": "User",
    "users": "User",
    "group": "Group",
    "groups": "Group",
}
"""The kinds of subjects as people and `oc` spell them."""

_SCC_KINDS = ("scc", "sccs", "securitycontextconstraints")


def run(args: Namespace) -> int:
    """Print who may use an SCC, or which SCCs a subject may use."""
    words: list[str] = args.words
    subject = getattr(args, "subject", "")
    if words[:1] == ["use"] and words[1:2] and words[1].lower() in _SCC_KINDS:
        # `oc adm policy who-can use scc anyuid`
        words = words[2:]
    if not subject and not words:
        raise UsageError("say which SCC, or which subject with --subject KIND/NAME")
    args.paths = (words if subject else words[1:]) or ["."]
    check_paths(args.paths)
    config, registry = settings_of_one_cluster(args)
    asked = _subject(subject, config.namespace) if subject else None
    view = who_can.subject_view(asked, config.namespace) if asked else who_can.scc_view(words[0], config.namespace)
    opened_run, found = view_units(args, config, registry, view)
    units = [unit for unit in found if unit.value] or [_without_units(opened_run, config, view)]
    if asked:
        answer = who_can.of_subject(units, asked, config.namespace)
    elif any(unit.value.get("known") for unit in units):
        answer = who_can.of_scc(units, words[0], config.namespace)
    else:
        raise _unknown(words[0], units[0].open(opened_run))

    def render(form: str, output: str | None) -> str:
        if form == "json":
            return dump(answer) + "\n"
        return who_can.render_text(answer, None if output else terminal_columns())

    write_formats(args, render)
    return status_of_units(opened_run, (unit.status for unit in found))


def _without_units(run: Run, config: Config, view: UnitView[Json]) -> Viewed[Json]:
    """Return what is shown of a cluster for which the input has no unit."""
    unit = Unit(PLAIN, "plain", PLAIN, (), "", takes=False, placed=Placed(config.namespace))
    opened = open_unit(unit, run)
    return Viewed(unit, view.make(opened, run), input_status(opened), opened)


def _unknown(scc: str, opened: OpenUnit) -> UsageError:
    """Return the error about an SCC that no unit knows."""
    try:
        opened.world.cluster.who_can_use(scc)
    except UsageError as error:
        if os.path.exists(scc):
            return UsageError(f"{error}. Name the SCC before the path, as in `scclint who-can anyuid {scc}`.")
        return error
    raise AssertionError(scc)


def _subject(text: str, namespace: str) -> tuple[SubjectKind, str, str]:
    """Return the subject that KIND/NAME, serviceaccount/NAMESPACE/NAME or a name such as `system:serviceaccount:shop:web` means."""
    if text.startswith(SERVICE_ACCOUNT_PREFIX):
        text = f"serviceaccount/{text.removeprefix(SERVICE_ACCOUNT_PREFIX).replace(':', '/')}"
    elif text.startswith("system:"):
        text = f"{'group' if text.startswith((SERVICE_ACCOUNTS_OF, *EVERYONE)) else 'user'}/{text}"
    kind = _KINDS.get(text.partition("/")[0].lower())
    name = text.partition("/")[2]
    if kind is None or not name:
        raise UsageError(f"{text}: a subject is serviceaccount/NAMESPACE/NAME, user/NAME or group/NAME")
    if kind != "ServiceAccount":
        return kind, "", name
    home, slash, account = name.rpartition("/")
    if not (slash or namespace):
        raise UsageError(f"{text}: say the namespace of the service account, as in serviceaccount/NAMESPACE/{name} or with -n")
    if not re.fullmatch(r"[a-z0-9.-]+", home or namespace):
        raise UsageError(f"{text}: {home or namespace} is no namespace")
    return kind, home or namespace, account
