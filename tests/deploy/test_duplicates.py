"""One object that is defined twice: reported where both definitions are applied together, and only there."""

from pathlib import Path

from scclint.config.model import Config
from scclint.config.records import UnitSettings
from scclint.source import Span
from tests.deploy.trees import UNRENDERED, binding, deployment, rules_in
from tests.running import report_on, write_below

TWICE = {"one.yaml": binding("anyuid"), "two.yaml": binding("privileged")}


def configured(root: str, path: str) -> Config:
    return Config(root=root, units=(UnitSettings(path, span=Span("scclint.yaml", 1, 1, 1, 1)),))


def test_the_earlier_of_two_files_of_one_unit_is_reported(tmp_path: Path) -> None:
    root = write_below(tmp_path, {f"app/{name}": text for name, text in TWICE.items()})
    (finding,) = [f for f in report_on([root], configured(root, "app")).findings if f.rule_id == "MAN008"]
    assert Path(finding.span.file).name == "one.yaml"
    assert [Path(place.span.file).name for place in finding.related] == ["two.yaml"]
    assert "different roleRef" in finding.message


def test_plain_alternatives_are_not_reported(tmp_path: Path) -> None:
    assert rules_in(report_on([write_below(tmp_path, TWICE)]), "MAN008") == []


def test_two_documents_of_a_file_are_reported(tmp_path: Path) -> None:
    report = report_on([write_below(tmp_path, {"web.yaml": deployment() + "---\n" + deployment(account="job")})])
    assert len(rules_in(report, "MAN008")) == 1


def test_bases_that_kustomize_renames_are_not_reported(tmp_path: Path) -> None:
    files = {"kustomization.yaml": "resources: [a, b]\n"}
    for name, scc in (("a", "anyuid"), ("b", "privileged")):
        files[f"{name}/kustomization.yaml"] = f"namePrefix: {name}-\nresources: [grant.yaml]\n"
        files[f"{name}/grant.yaml"] = binding(scc)
    assert rules_in(report_on([write_below(tmp_path, files)], UNRENDERED), "MAN008") == []


def test_a_patch_is_no_definition(tmp_path: Path) -> None:
    files = {
        "kustomization.yaml": "resources: [web.yaml]\npatches: [{path: patch.yaml}]\n",
        "web.yaml": deployment(),
        "patch.yaml": deployment(account="job"),
    }
    assert rules_in(report_on([write_below(tmp_path, files)], UNRENDERED), "MAN008") == []


def test_a_definition_outside_the_unit_is_no_duplicate(tmp_path: Path) -> None:
    root = write_below(tmp_path, TWICE)
    report = report_on([f"{root}/two.yaml"], context=[f"{root}/one.yaml"])
    assert rules_in(report, "MAN008") == []


def test_a_namespace_in_two_files_is_common(tmp_path: Path) -> None:
    namespace = "apiVersion: v1\nkind: Namespace\nmetadata: {name: shop}\n"
    labelled = namespace.replace("name: shop", "name: shop, labels: {a: b}")
    assert (
        rules_in(report_on([write_below(tmp_path / "two", {"dev/ns.yaml": namespace, "prod/ns.yaml": labelled})]), "MAN008")
        == []
    )
    assert len(rules_in(report_on([write_below(tmp_path / "one", {"ns.yaml": namespace + "---\n" + labelled})]), "MAN008")) == 1
