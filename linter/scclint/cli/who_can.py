"""`scclint who-can`."""

import os
import re
from argparse import Namespace
from collections.abc import Sequence

from scclint.cluster.who_can import SubjectKind
from scclint.console.arguments import check_paths, open_units, settings_of_one_cluster, terminal_columns, write_formats
from scclint.console.status import status_of_units
from scclint.deploy.unit import PLAIN, Placed, Unit
from scclint.errors import UsageError
from scclint.model.terms import EVERYONE, SERVICE_ACCOUNT_PREFIX, SERVICE_ACCOUNTS_OF
from scclint.report import who_can
from scclint.report.text import Json, dump
from scclint.run.judge import OpenUnit, open_unit
from scclint.run.views import input_status

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
    opened_run, opened = open_units(args, config, registry)
    units = opened or [open_unit(Unit(PLAIN, "plain", PLAIN, (), "", takes=False, placed=Placed(config.namespace)), opened_run)]
    if subject:
        answer = who_can.of_subject(units, _subject(subject, config.namespace), config.namespace)
    else:
        answer = _of_scc(units, words[0], config.namespace)

    def render(form: str, output: str | None) -> str:
        if form == "json":
            return dump(answer) + "\n"
        return who_can.render_text(answer, None if output else terminal_columns())

    write_formats(args, render)
    return status_of_units(opened_run, map(input_status, opened))


def _of_scc(opened: Sequence[OpenUnit], scc: str, namespace: str) -> Json:
    try:
        return who_can.of_scc(opened, scc, namespace)
    except UsageError as error:
        if os.path.exists(scc):
            raise UsageError(f"{error}. Name the SCC before the path, as in `scclint who-can anyuid {scc}`.") from error
        raise


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
