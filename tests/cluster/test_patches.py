"""What a release got in its patch releases: judged without it if it is missing, and told where it is not known."""

import pytest

from scclint.cluster.installed import patch_changes
from scclint.config.model import Config
from scclint.config.selection import patches_of
from scclint.linting import lint_text

WEB = """\
apiVersion: apps/v1
kind: Deployment
metadata: {name: web, namespace: shop}
spec:
  selector: {matchLabels: {app: web}}
  template:
    metadata: {labels: {app: web}}
    spec:
      SPEC
      containers: [{name: web, image: registry.example/web:1}]
"""
USER_NAMESPACE = WEB.replace(
    "SPEC", "{hostUsers: false, securityContext: {runAsUser: 1000}}"[1:-1].replace(", sec", "\n      sec")
)
IMAGE = WEB.replace("SPEC", "volumes: [{name: data, image: {reference: registry.example/data:1}}]")
PLAIN = WEB.replace("SPEC", "automountServiceAccountToken: false")
BINDING = """---
apiVersion: rbac.authorization.k8s.io/v1
kind: RoleBinding
metadata: {name: web, namespace: shop}
roleRef: {apiGroup: rbac.authorization.k8s.io, kind: ClusterRole, name: "system:openshift:scc:restricted-v3"}
subjects: [{kind: ServiceAccount, name: default, namespace: shop}]
"""


def judged(text: str, version: str, platform: str = "openshift") -> tuple[bool, str]:
    """Whether no SCC admits the pods, and what is said of patch releases."""
    release = ".".join(version.split(".")[:2])
    config = Config(openshift=(release,), platform=platform, settings={"cluster.openshift": (version,)})
    report = lint_text(text, "web.yaml", config)
    notes = [notice.message for notice in report.notices if "the verdict rests on" in notice.message]
    return any(finding.rule_id == "SCC101" for finding in report.live), " ".join(notes)


@pytest.mark.parametrize(
    ("text", "version", "rejected", "note"),
    [
        (USER_NAMESPACE, "4.20", False, "from 4.20.27 on (merged on 2026-06-10)"),
        (USER_NAMESPACE, "4.20.24", True, ""),
        (USER_NAMESPACE, "4.20.26", False, "it is not known whether 4.20.26 has it"),
        (USER_NAMESPACE, "4.20.27", False, ""),
        (USER_NAMESPACE + BINDING, "4.20", False, "from 4.20.17 on (merged on 2026-03-06)"),
        (USER_NAMESPACE + BINDING, "4.20.15", True, ""),
        (USER_NAMESPACE + BINDING, "4.20.17", False, ""),
        (USER_NAMESPACE, "4.21", False, ""),
        (USER_NAMESPACE, "4.22", False, ""),
        (USER_NAMESPACE, "4.19", True, ""),
        (
            IMAGE,
            "4.20",
            False,
            "volume type image in its SCCs, which OpenShift 4.20 surely has from 4.20.15 on (merged on 2026-02-05)",
        ),
        (IMAGE, "4.20.13", True, ""),
        (IMAGE, "4.21", False, "from 4.21.3 on (merged on 2026-02-04)"),
        (IMAGE, "4.21.0", True, ""),
        (IMAGE, "4.21.3", False, ""),
        (PLAIN, "4.20", False, ""),
        (PLAIN, "4.20.1", False, ""),
    ],
)
def test_a_verdict_that_rests_on_a_patch_release(text: str, version: str, rejected: bool, note: str) -> None:
    found, said = judged(text, version)
    assert (found, note in said, bool(said)) == (rejected, True, bool(note)), said


def test_nothing_is_known_of_the_patch_releases_of_microshift() -> None:
    assert patch_changes("4.21", "microshift") == ()
    assert len(patch_changes("4.21")) == 2
    assert patch_changes("4.22") == ()


def test_the_oldest_patch_release_of_a_release_counts() -> None:
    versions = ("4.20.15", "v4.20.3", "4.21", "4.22.0-rc.1")
    assert patches_of(Config(settings={"cluster.openshift": versions})) == {"4.20": 3}


def test_what_is_known_leaves_room_for_what_is_not() -> None:
    for release in ("4.20", "4.21"):
        for change in patch_changes(release):
            assert change.without < change.since
            assert change.is_missing(change.without) and not change.is_missing(change.since)
            assert not change.is_sure(None) and change.is_sure(change.since)
