"""Rules from other packages: found where they are installed, only when named, and never in what is linted."""

import contextlib
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from scclint.cli import main
from scclint.errors import ConfigError, RuleSetError
from scclint.registry import builtin, registry
from scclint.registry.plugins import load_rules

RULE = '''"""
Pods of this organisation say who owns them.

## How to fix it

Write the label `owner`.
"""

from scclint.api import Problem, Severity, Workload, rule


SENTENCES = {{"no-owner": "{{object}}: no label owner"}}


@rule("{id}", "{name}", "A pod has no owner", severity=Severity.WARNING, on=Workload, since="1.0", sentences=SENTENCES)
def check(workload, world):
    if "owner" not in (workload.pod.field("metadata", "labels").value or {{}}):
        yield Problem("no-owner", at=workload.pod.field("metadata", "labels"))
'''
POD = """\
apiVersion: v1
kind: Pod
metadata: {name: web, namespace: shop}
spec:
  securityContext: {seccompProfile: {type: RuntimeDefault}}
  containers:
    - name: web
      image: registry.example/web:1
"""


def distribution(folder: Path, points: str, **modules: str) -> None:
    """A small package as pip would have installed it to `folder`."""
    info = folder / "acme_scclint-1.0.dist-info"
    info.mkdir(parents=True)
    (info / "METADATA").write_text("Metadata-Version: 2.1\nName: acme-scclint\nVersion: 1.0\n")
    (info / "entry_points.txt").write_text(f"[scclint.rules]\n{points}\n")
    for name, text in modules.items():
        (folder / f"{name}.py").write_text(text)


@pytest.fixture
def site(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """A folder on Python's path that is not part of what is linted. What tests import from it is forgotten afterwards."""
    folder = tmp_path / "site"
    folder.mkdir()
    monkeypatch.syspath_prepend(str(folder))
    before = set(sys.modules)
    yield folder
    for name in set(sys.modules) - before:
        if name.startswith("acme"):
            del sys.modules[name]


@pytest.fixture
def tree(tmp_path: Path) -> Iterator[Path]:
    """The working directory, with a manifest to lint."""
    folder = tmp_path / "tree"
    folder.mkdir()
    (folder / ".git").mkdir()
    (folder / "pod.yaml").write_text(POD)
    with contextlib.chdir(folder):
        yield folder


def owner(id: str = "ACME101", name: str = "no-owner") -> str:
    return RULE.format(id=id, name=name)


def test_a_module_is_a_rule_once_the_configuration_names_it(site: Path, tree: Path, capsys: pytest.CaptureFixture[str]) -> None:
    distribution(site, "acme = acme_owner", acme_owner=owner())
    assert main(["check", "--select", "ACME101"]) == 2
    assert "no rule is called 'ACME101'" in capsys.readouterr().err
    assert "acme_owner" not in sys.modules
    (tree / ".scclint.yaml").write_text("rule-modules: [acme]\nseverity: {no-owner: error}\n")
    assert main(["check", "--select", "ACME101", "--format", "concise"]) == 1
    assert "pod.yaml:3:1: ACME101 Pod web: no label owner" in capsys.readouterr().out
    assert main(["rule", "no-owner"]) == 0
    assert "Write the label `owner`." in capsys.readouterr().out


def test_an_entry_point_may_hold_several(site: Path) -> None:
    both = "import acme_one\nfrom acme_two import check\nRULES = [acme_one, check]\n"
    one, two = owner(), owner("ACME102", "no-keeper")
    distribution(site, "acme = acme_both:RULES", acme_both=both, acme_one=one, acme_two=two)
    assert [rule.id for rule in load_rules(["acme"], [])] == ["ACME101", "ACME102"]


def test_names_that_nobody_provides(site: Path) -> None:
    with pytest.raises(ConfigError, match=r"^\.scclint\.yaml: rule-modules: 'acme' is not installed .*no package"):
        load_rules(["acme"], [], ".scclint.yaml")
    distribution(site, "acme = acme_owner", acme_owner=owner())
    with pytest.raises(ConfigError, match=r"'emca' is not installed .*installed are acme"):
        load_rules(["emca"], [])


@pytest.mark.parametrize(
    ("module", "told"),
    [
        ("raise ValueError('broken')", r"'acme' cannot be loaded from acme_bad: ValueError: broken"),
        ("import nothing_like_it", r"'acme' cannot be loaded from acme_bad: ModuleNotFoundError"),
        ("def check(): pass", "acme_bad: has no `check` under @rule"),
    ],
)
def test_modules_that_are_no_rules(site: Path, module: str, told: str) -> None:
    distribution(site, "acme = acme_bad", acme_bad=module)
    with pytest.raises((ConfigError, RuleSetError), match=told):
        load_rules(["acme"], [])


def test_an_attribute_that_is_no_rule(site: Path) -> None:
    distribution(site, "acme = acme_bad:RULES", acme_bad="RULES = 3")
    with pytest.raises(ConfigError, match="holds no rules"):
        load_rules(["acme"], [])


def test_they_are_validated_with_the_others(site: Path) -> None:
    distribution(site, "acme = acme_owner", acme_owner=owner("SEC201"))
    with pytest.raises(RuleSetError, match="SEC201 is already taken by SEC201"):
        registry((*builtin(), *load_rules(["acme"], [])))


@pytest.mark.parametrize("named", ["acme_owner", "acme.rules.owner"])
def test_nothing_is_loaded_from_the_linted_tree(site: Path, tree: Path, monkeypatch: pytest.MonkeyPatch, named: str) -> None:
    """An installed entry point whose module the tree shadows, as the working directory does under `python -m`."""
    distribution(site, f"acme = {named}", acme_owner=owner())
    trap = "from pathlib import Path\nPath('trapped').touch()\n" + owner()
    (tree / "acme_owner.py").write_text(trap)
    (tree / "acme" / "rules").mkdir(parents=True)
    (tree / "acme" / "__init__.py").write_text(trap)
    (tree / "acme" / "rules" / "owner.py").write_text(trap)
    monkeypatch.syspath_prepend(str(tree))
    with pytest.raises(ConfigError, match="part of what is linted"):
        load_rules(["acme"], ["."])
    assert not (tree / "trapped").exists()


def test_python_dash_m_imports_nothing_from_the_working_directory(tree: Path) -> None:
    """Python puts the working directory first on its path there; modules that are imported late would come from it."""
    trap = "import pathlib\npathlib.Path('trapped').touch()\n"
    for name in ("jinja2", "tomllib", "json", "shutil", "acme_owner", "difflib", "pydoc"):
        (tree / f"{name}.py").write_text(trap)
    distribution(tree, "acme = acme_owner", acme_owner=trap + owner())
    (tree / ".scclint.yaml").write_text("rule-modules: [acme]\n")
    for arguments in (["check"], ["check", "--isolated", "--format", "sarif"], ["rules"], ["rule", "SEC20l"]):
        done = subprocess.run(
            [sys.executable, "-m", "scclint", *arguments],
            capture_output=True,
            text=True,
            env={k: v for k, v in os.environ.items() if k != "PYTHONPATH"},
            check=False,
        )
        assert "Traceback" not in done.stderr
        assert not (tree / "trapped").exists(), f"{arguments}: {done.stderr}"
    assert "'acme' is not installed" in done.stderr
