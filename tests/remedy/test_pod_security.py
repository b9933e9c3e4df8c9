"""Fixes for pods and templates that do not meet a Pod Security level, and for the labels of namespaces."""

from pathlib import Path

import pytest

from tests.remedy.test_fixes import DEPLOYMENT, POD, all_fixed, carried_out, fixed, grant

FIELDS = """          securityContext:
            allowPrivilegeEscalation: false
            capabilities:
              drop:
                - ALL
      securityContext:
        runAsNonRoot: true
        seccompProfile:
          type: RuntimeDefault
"""


def namespace(*labels: str, kind: str = "labels") -> str:
    written = "".join(f"    {label}\n" for label in labels)
    return "---\napiVersion: v1\nkind: Namespace\nmetadata:\n  name: shop\n" + (f"  {kind}:\n{written}" if labels else "")


def test_a_template_that_is_warned_about_as_written_gets_the_fields_that_the_level_demands(tmp_path: Path) -> None:
    finding = fixed(DEPLOYMENT, "PSA502", tmp_path, openshift=("4.12",))
    assert finding.fix is not None
    assert carried_out(DEPLOYMENT, finding.fix) == DEPLOYMENT + FIELDS


def test_only_what_is_missing_is_written(tmp_path: Path) -> None:
    text = DEPLOYMENT + (
        "          securityContext: {allowPrivilegeEscalation: false, capabilities: {drop: [KILL]}, runAsNonRoot: true}\n"
        "      initContainers:\n        - name: first\n          image: registry.example/first:1\n"
        "          securityContext: {seccompProfile: {type: RuntimeDefault}, capabilities: {drop: [ALL]}}\n"
    )
    edited = carried_out(text, fixed(text, "PSA502", tmp_path, openshift=("4.12",)).fix)
    assert "{allowPrivilegeEscalation: false, capabilities: {drop: [KILL, ALL]}, runAsNonRoot: true}" in edited
    assert "capabilities: {drop: [ALL]}, allowPrivilegeEscalation: false}" in edited
    assert edited.count("runAsNonRoot: true") == 2
    assert "type: RuntimeDefault\n" in edited


@pytest.mark.parametrize(
    "context", ["{privileged: true}", "{capabilities: {add: [NET_ADMIN]}}", "{seccompProfile: {type: Unconfined}}"]
)
def test_what_a_level_forbids_is_not_removed(context: str, tmp_path: Path) -> None:
    text = DEPLOYMENT + f"          securityContext: {context}\n" + grant("privileged")
    text += namespace("pod-security.kubernetes.io/warn: restricted")
    finding = fixed(text, "PSA502", tmp_path)
    assert finding.fix is None
    assert finding.no_fix == "the pod asks for something that the level forbids"


def test_a_rejected_pod_gets_the_fields_that_the_level_demands(tmp_path: Path) -> None:
    finding = fixed(POD, "PSA501", tmp_path, openshift=("5.0",))
    assert finding.fix is not None
    assert finding.fix.safety == "unsafe"
    edited = carried_out(POD, finding.fix)
    assert "runAsNonRoot: true" in edited
    assert not {"PSA501", "SEC201"} & {f.rule_id for f in all_fixed(edited, tmp_path, openshift=("5.0",))}


def test_a_rejected_pod_that_restricted_v2_admits_can_require_it(tmp_path: Path) -> None:
    """The image sets no user, and a field of the pod cannot be written between braces with an alias."""
    text = POD.replace("    - name: web\n      image", "    - &web\n      name: web\n      image") + "x: *web\n"
    finding = fixed(text, "PSA501", tmp_path, openshift=("5.0",))
    assert finding.fix is not None
    assert finding.fix.title == "Write openshift.io/required-scc: restricted-v2."


def test_a_stricter_level_is_advice(tmp_path: Path) -> None:
    text = DEPLOYMENT + namespace("pod-security.kubernetes.io/enforce: privileged")
    finding = fixed(text, "PSA506", tmp_path)
    assert finding.fix is not None
    assert finding.fix.safety == "advice"
    assert "enforce: restricted" in carried_out(text, finding.fix)


def test_the_last_label_goes_with_the_labels(tmp_path: Path) -> None:
    text = (
        "apiVersion: v1\nkind: ServiceAccount\nmetadata: {name: web, namespace: shop}\n"
        + grant("anyuid")
        + namespace("security.openshift.io/scc.podSecurityLabelSync: 'false'")
    )
    finding = fixed(text, "PSA504", tmp_path, openshift=("5.0",))
    assert carried_out(text, finding.fix).endswith(namespace())


def test_a_range_of_a_namespace_that_allows_root_is_removed(tmp_path: Path) -> None:
    text = namespace("openshift.io/sa.scc.uid-range: 0/10000", "a: b", kind="annotations")
    finding = fixed(text, "SCC113", tmp_path)
    assert carried_out(text, finding.fix) == namespace("a: b", kind="annotations")
