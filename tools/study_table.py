"""Writes `tools/studies.md`: for each rule, the findings that were studied, or why the rule is needed without a study.

Usage: `python tools/study_table.py`
"""

import re
from collections.abc import Iterator
from pathlib import Path

from scclint.registry import builtin
from scclint.rule import AnyRule

ROOT = Path(__file__).parents[1]
PAGE = ROOT / "tools" / "studies.md"
PACKAGE = ROOT / "linter" / "scclint"

NEEDED = {
    "MAN008": "`tests/deploy/test_duplicates.py`",
    "PSA508": "access of a namespace, `fixtures/pod-security-switched-off`",
    "RBA408": "access of everyone with a role of the release, `fixtures/release-role-widened`",
    "SCC110": "`fixtures/captured-by-priority` has pods that a priority takes away",
    "SCC112": "access of a namespace, `fixtures/scc-switched-off`",
    "SCC113": "access of a namespace, `fixtures/namespace-allows-root`",
    "SCC303": "access that an SCC allows, `fixtures/scc-allows-unconfined`",
    "SCC307": "`fixtures/scc-replaces-default` has SCCs that a cluster resets",
    "SEC202": "access of a container, `fixtures/unconfined`",
    "SEC205": "`fixtures/contradicting-seccomp-annotation` has annotations that change what a field says",
    "PSA504": "openshift/addon-operator#719 and openstack-k8s-operators/install_yamls#1163",
    "PSA507": "a step of admission that rejects pods",
    "SCC111": "`fixtures/conformance/real-server-*` record such rejections",
    "SCC114": "what a dump of a cluster says against a verdict",
    "SCC115": "what the image of a container needs at run time",
    "SCC118": "`fixtures/hook-before-its-grant` has hooks that run before their grants",
    "SEC218": "`fixtures/conformance/selinux-conflicts.jsonl.gz` records such conflicts",
    "SUP901": "a suppression that covers nothing",
    "SUP902": "a suppression without `reason`",
    "SUP903": "the date `until` of a suppression",
}
"""Why a rule is needed that no study counts and no message of a cluster leads to."""

TEXT = """# Studies of the rules

A study reads the findings of a rule on manifests that other people wrote, and counts those that the maintainers of the manifests would call
right. The manifests are those of prometheus-operator/kube-prometheus, of the operators in
redhat-openshift-ecosystem/community-operators-prod, of redhat-cop/gitops-catalog, and of other public repositories of operators,
applications and GitOps. The counts are `study` in the modules of `rules/`. SARIF takes the precision of a rule from them.

A rule without a study needs a public incident, a recording, a case, or a message of a cluster that it explains.

`python tools/study_table.py` writes this page.

| Rule | Read | Right | Needed without a study for |
|---|--:|--:|---|
"""


def reasons(rule: AnyRule) -> Iterator[str]:
    """Yield why a rule is needed without a study."""
    errors = PACKAGE / "message" / "errors.json"
    if re.search(rf"\b{rule.id}\b", errors.read_text(encoding="utf-8")):
        yield "a message in `docs/errors.md`"
    if rule.id in NEEDED:
        yield NEEDED[rule.id]


def page() -> str:
    """Return the page."""
    rows = []
    for rule in builtin():
        counts = (str(count) if rule.study[0] else "" for count in rule.study)
        needs = "" if rule.study[0] else "; ".join(reasons(rule))
        rows.append(" ".join(f"| {cell}" for cell in (f"{rule.id} {rule.name}", *counts, needs)) + " |\n")
    return TEXT + "".join(rows)


if __name__ == "__main__":
    PAGE.write_text(page(), encoding="utf-8")
