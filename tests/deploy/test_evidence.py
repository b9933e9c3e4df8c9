"""Which SCCs, roles and bindings of the input are in force for a unit."""

from collections.abc import Mapping
from pathlib import Path

import pytest

from scclint.config.model import Config
from scclint.report.who_can import of_scc, render_text
from scclint.run.judge import open_units
from scclint.run.report import Report
from tests.deploy.tools import needs_helm
from tests.deploy.trees import deployment, scc
from tests.running import report_on, run_over, write_files

CUSTOM = scc("my-scc").replace("seccompProfiles: [runtime/default]\n", "")
CHART = {
    "app/Chart.yaml": "apiVersion: v2\nname: app\nversion: 1.0.0\n",
    "app/templates/a.yaml": deployment(namespace="", account="default", pod="runAsUser: 0"),
}


@pytest.fixture(autouse=True)
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)


def report(files: Mapping[str, str], config: Config | None = None) -> Report:
    write_files(files)
    return report_on(["."], config or Config(show_info=True))


def rules(files: Mapping[str, str], config: Config | None = None) -> set[str]:
    return {finding.rule_id for finding in report(files, config).findings}


INSTALL = "oc apply -f scc/scc.yaml\nGRANT\nhelm install app ./app --namespace n\n"
GRANT = "oc adm policy add-scc-to-user my-scc system:serviceaccount:n:default"
BY_SCRIPT = {
    "user": ("install.sh", INSTALL.replace("GRANT", f"{GRANT} -n n")),
    "account": ("install.sh", INSTALL.replace("GRANT", "oc adm policy add-scc-to-user my-scc -z default -n n")),
    "group": ("install.sh", INSTALL.replace("GRANT", "oc adm policy add-scc-to-group my-scc system:serviceaccounts:n")),
    "Makefile": ("Makefile", "x:\n\t" + INSTALL.replace("GRANT", GRANT).replace("\n", "\n\t").rstrip() + "\n"),
    "two scripts": ("b.sh", INSTALL.replace("GRANT\n", "")),
    "here document": ("install.sh", f"oc apply -f - <<EOF\n{CUSTOM}EOF\n{INSTALL.replace('GRANT', GRANT)}"),
    "workflow": (
        ".github/workflows/a.yaml",
        "jobs:\n  a:\n    steps:\n    - run: |\n        " + INSTALL.replace("GRANT", GRANT).replace("\n", "\n        ") + "\n",
    ),
}


@needs_helm
@pytest.mark.parametrize("form", BY_SCRIPT)
def test_an_scc_that_a_script_applies_and_grants_is_there_for_a_chart(form: str) -> None:
    file, text = BY_SCRIPT[form]
    files = {**CHART, file: text, "scc/scc.yaml": CUSTOM}
    if form == "two scripts":
        files["a.sh"] = f"{GRANT}\n"
    if form == "here document":
        del files["scc/scc.yaml"]
    found = report(files)
    assert "SCC101" not in {finding.rule_id for finding in found.findings}
    assert "SEC201" in {finding.rule_id for finding in found.findings}
    assert not any("no pod in the input uses" in finding.message for finding in found.findings)


@needs_helm
def test_who_can_names_the_command_that_grants_an_scc() -> None:
    write_files({**CHART, "install.sh": INSTALL.replace("GRANT", GRANT), "scc/scc.yaml": CUSTOM})
    answer = render_text(of_scc([*open_units(run_over(["."]))], "my-scc", ""))
    assert "ServiceAccount n/default" in answer
    assert "install.sh:2" in answer


NOT_GRANTED = {
    "another account": INSTALL.replace("GRANT", GRANT.replace(":default", ":other")),
    "another namespace": INSTALL.replace("GRANT", GRANT.replace(":n:", ":m:")),
    "another SCC": INSTALL.replace("GRANT", GRANT.replace("my-scc", "restricted-v2")),
}


@needs_helm
@pytest.mark.parametrize("case", NOT_GRANTED)
def test_a_grant_to_others_is_none_for_the_chart(case: str) -> None:
    files = {**CHART, "install.sh": NOT_GRANTED[case], "scc/scc.yaml": CUSTOM}
    assert "SCC101" in rules(files)


def test_a_command_that_grants_an_scc_of_no_one_is_reported() -> None:
    assert "RBA404" in rules({"install.sh": f"{GRANT}\n", "a.yaml": deployment(account="default", namespace="n")})
