"""The SCC that OpenShift Pipelines gives to the account of tasks."""

from pathlib import Path

import pytest

from scclint.cli import main

TASK = """apiVersion: tekton.dev/v1
kind: Task
metadata: {name: build, namespace: shop}
spec:
  steps: [{name: build, image: registry.example/build:1, securityContext: {runAsUser: 0}}]
"""
CONFIG = """---
apiVersion: operator.tekton.dev/v1alpha1
kind: TektonConfig
metadata: {name: config}
spec: {platforms: {openshift: {scc: {default: privileged}}}}
"""
NAMESPACE = """---
apiVersion: v1
kind: Namespace
metadata: {name: shop, annotations: {operator.tekton.dev/scc: anyuid}}
"""


@pytest.mark.parametrize(
    ("more", "scc"), [("", "pipelines-scc"), (CONFIG, "privileged"), (NAMESPACE, "anyuid"), (CONFIG + NAMESPACE, "anyuid")]
)
@pytest.mark.parametrize("addon", [(), ("--addon", "pipelines")])
def test_the_settings_of_the_operator_name_the_scc(
    more: str, scc: str, addon: tuple[str, ...], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file = tmp_path / "task.yaml"
    file.write_text(TASK + more)
    main(["review", *addon, str(file)])
    assert f"  {scc} " in capsys.readouterr().out
    main(["check", *addon, str(file)])
    assert ("which may use SCC pipelines-scc" in capsys.readouterr().err) == (not addon and CONFIG not in more)


def test_the_settings_may_be_in_another_unit(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    for folder, text in (("operators", CONFIG), ("shop", TASK)):
        (tmp_path / folder).mkdir()
        (tmp_path / folder / "kustomization.yaml").write_text("resources: [objects.yaml]\n")
        (tmp_path / folder / "objects.yaml").write_text(text)
    main(["review", "--render", "never", str(tmp_path)])
    assert "  privileged " in capsys.readouterr().out
