"""Changes that broke real clusters, rebuilt from the facts of their issues and pull requests."""

from pathlib import Path

import pytest

from scclint.change.compare import compare_releases, compare_sides
from scclint.change.model import Differences
from scclint.config.model import Config

HISTORIES = Path(__file__).parent / "histories"


def replayed(name: str, release: str) -> Differences:
    folder = HISTORIES / name
    return compare_sides(str(folder / "before"), str(folder / "after"), Config(openshift=(release,)))


def test_an_scc_with_priority_10_takes_the_pods_of_the_oauth_server() -> None:
    """minio/charts #99: the login of the cluster failed because its pods did not run as root any more."""
    found = replayed("minio-charts-99", "4.14")
    (change,) = found.changes
    assert (change.kind, change.namespace, change.name) == ("Deployment", "openshift-authentication", "oauth-openshift")
    assert ("scc", "anyuid", "minio") in change.differing()
    assert ("uid of oauth-openshift", "image", "1000 (SCC)") in change.differing()
    assert [(str(cause), cause.alone) for cause in change.causes] == [("SecurityContextConstraints minio (added)", True)]
    assert found.wider
    assert not found.refused
    assert found.grants == ()


def test_an_scc_for_everyone_takes_the_pods_of_all_projects() -> None:
    """nginxinc/nginx-ingress-operator #27: every new pod of the cluster ran as the user of nginx."""
    found = replayed("nginx-ingress-operator-27", "4.14")
    (change,) = found.changes
    assert [one for one in change.differing() if one[0] in ("scc", "uid of web", "seccomp of web")] == [
        ("scc", "restricted-v2", "nginx-ingress-scc"),
        ("uid of web", "first of the range (namespace)", "101 (SCC)"),
        ("seccomp of web", "RuntimeDefault", "Unconfined"),
    ]
    (grant,) = found.grants
    assert (grant.gained, grant.kind, grant.name, grant.scc) == (True, "Group", "system:authenticated", "nginx-ingress-scc")
    assert "wider" in change.effects


def test_an_scc_with_a_read_only_root_takes_the_job_of_an_upgrade() -> None:
    """stackrox/stackrox #7262: the version job could not remove files, so the upgrade of the cluster did not start."""
    (change,) = replayed("stackrox-7262", "4.14").changes
    assert (change.kind, change.name) == ("Job", "version")
    assert ("root filesystem of payload", "writable", "read-only") in change.differing()
    assert ("scc", "node-exporter", "stackrox-collector") in change.differing()
    assert [str(cause) for cause in change.causes] == ["SecurityContextConstraints stackrox-collector (added)"]


def test_an_upgrade_confines_the_pods_on_node_exporter() -> None:
    """libopenstorage/operator #1491: from 4.15, the SCC node-exporter applies a seccomp profile; the pin on an SCC keeps it away."""
    releases = Config(openshift=("4.14", "4.15"))
    (change,) = compare_releases(str(HISTORIES / "operator-1491" / "before"), releases).changes
    assert change.differing() == [("seccomp of registrar", "Unconfined", "RuntimeDefault")]
    assert [str(cause) for cause in change.causes] == ["the release 4.14 to 4.15"]
    fixed = compare_releases(str(HISTORIES / "operator-1491" / "after"), releases)
    assert fixed.changes == ()
    assert [[(cell.release, cell.scc) for cell in row] for row in fixed.matrix] == [
        [("4.14", "portworx"), ("4.15", "portworx")]
    ]


@pytest.mark.parametrize("name", sorted(path.name for path in HISTORIES.iterdir()))
def test_a_state_does_not_differ_from_itself(name: str) -> None:
    after = str(HISTORIES / name / "after")
    assert not compare_sides(after, after, Config(openshift=("4.16",))).any
