"""The other commands: `review`, `explain`, `rules`, `rule`, `config` and `completion`."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from scclint import load_config
from scclint.registry import builtin

if TYPE_CHECKING:
    from tests.cli.conftest import Cli


class TestReview:
    def test_table(self, demo: Path, cli: Cli) -> None:
        run = cli("review", "demo")
        assert (run.status, run.err) == (0, "")
        lines = run.out.splitlines()
        assert lines[0].split() == [
            "SCC",
            "GRANTED",
            "TO",
            "POD",
            "SECURITY",
            *["CONTAINER", "PROFILE", "SOURCE", "SECCOMP", "CRICTL"],
        ]
        assert lines[1] == "demo/bare-pod.yaml:5  Pod shop/shell"
        assert lines[2].split()[:3] == ["anyuid", "kube:admin", "baseline"]
        assert lines[-1] == "3 workloads: 2 created, 1 rejected; 1 container unconfined."
        assert len(lines) == 9

    def test_both_forms(self, demo: Path, cli: Cli) -> None:
        run = cli("review", "--format", "json", "-o", "x.json", "--format", "text", "-o", "-", "demo")
        assert run.out == cli("review", "demo").out
        data = json.loads(Path("x.json").read_text())
        assert [w["scc"] for w in data["workloads"]] == ["anyuid", "restricted-v2", None]
        assert [w["allowed"] for w in data["workloads"]] == [True, True, False]

    def test_what_cannot_be_read(self, demo: Path, cli: Cli) -> None:
        Path("demo/broken.yaml").write_text("kind: Pod\nmetadata: [\n")
        run = cli("review", "demo", "none")
        assert run.status == 2
        assert "none: error: no such file or directory" in run.err
        assert "\ndemo/broken.yaml:2:12: error: this document cannot be read: not valid YAML: " in run.err
        assert len(run.out.splitlines()) == 9

    def test_the_terminal_counts_only_where_there_is_one(self, demo: Path, cli: Cli, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setenv("COLUMNS", "60")
        piped = cli("review", "demo").out
        assert max(map(len, piped.splitlines())) > 80
        monkeypatch.setattr("scclint.cli.review.terminal_columns", lambda: 80)
        assert max(map(len, cli("review", "demo").out.splitlines())) <= 80
        cli("review", "-o", "table.txt", "demo")
        assert Path("table.txt").read_text() == piped

    def test_nothing(self, here: Path, cli: Cli) -> None:
        assert cli("review").status == 4


class TestExplain:
    def test_a_file_a_line_and_a_name_mean_the_same(self, demo: Path, cli: Cli) -> None:
        by_file = cli("explain", "demo/bare-pod.yaml")
        assert by_file.status == 0
        assert "anyuid" in by_file.out
        assert cli("explain", "demo/bare-pod.yaml:9").out == by_file.out
        assert cli("explain", "pod/shell", "demo/bare-pod.yaml").out == by_file.out
        assert cli("explain", "po/shell", "demo/bare-pod.yaml").out == by_file.out

    def test_the_answer_stands_before_how_it_comes_about(self, demo: Path, cli: Cli) -> None:
        refused = cli("explain", "deployment/legacy", "demo").out
        answer, _, trace = refused.partition("\n\n  SCCs in the order they are tried")
        assert "  Rejected:\n    every SCC that is tried and may be used is too restrictive: anyuid,\n" in answer
        assert "\n    legacy: RuntimeDefault\n" in answer
        candidates, _, words = trace.partition("\n\n  In the API server's words:\n")
        assert "  anyuid                    too restrictive\n" in candidates
        assert words.startswith('    pods "legacy-" is forbidden: unable to validate against any security context')

        admitted = cli("explain", "pod/shell", "demo").out
        answer, _, trace = admitted.partition("\n\n  SCCs in the order they are tried")
        assert "  Admitted by anyuid:\n    usable by the creator, through group system:cluster-admins in the" in answer
        assert '\n    "anyuid" is most restrictive, not denied, and chosen over "restricted-v2"\n' in answer
        assert "\n    shell: Unconfined (Seccomp: 0, crictl: null)\n" in answer
        assert "  1  anyuid                    chosen\n" in trace and "words" not in trace

    def test_each_scc_that_is_out_is_named_once(self, demo: Path, cli: Cli) -> None:
        refused = cli("explain", "deployment/legacy", "demo").out
        assert "\n  4-16  not usable by the service account or the creator:\n          restricted, nested-container," in refused
        assert refused.count("nested-container") == refused.count("node-exporter") == refused.count("privileged") == 1
        words = " ".join(refused.partition("API server's words:")[2].split())
        assert words.endswith(
            "Forbidden: not usable by user or serviceaccount, and the same for 12 more, which the list above names"
        )

    def test_a_refusal_before_any_scc_is_tried(self, here: Path, cli: Cli) -> None:
        Path("m.yaml").write_text(
            "apiVersion: v1\nkind: Pod\nmetadata: {name: web, namespace: shop, annotations: {openshift.io/required-scc: none}}\n"
            "spec: {containers: [{name: web, image: i}]}\n"
        )
        required = cli("explain", "m.yaml").out
        assert '  Rejected:\n    pods "web" is forbidden: ' in required and "in the order" not in required

    def test_the_namespace_is_the_one_that_a_kustomization_gives(self, here: Path, cli: Cli) -> None:
        Path("kustomization.yaml").write_text("namespace: shop\nresources: [web.yaml]\n")
        Path("web.yaml").write_text(
            "apiVersion: v1\nkind: Pod\nmetadata: {name: web}\nspec: {containers: [{name: a, image: x}]}\n"
        )
        assert "; namespace shop (its ID ranges" in cli("explain", "web.yaml").out
        assert json.loads(cli("explain", "web.yaml", "--format", "json").out)["workloads"][0]["namespace"] == "shop"
        assert "; namespace other (its ID ranges" in cli("explain", "web.yaml", "-n", "other").out

    def test_json(self, demo: Path, cli: Cli) -> None:
        data = json.loads(cli("explain", "--format", "json", "deploy/legacy", "demo").out)
        assert len(data["workloads"]) == 1

    def test_no_such_workload(self, demo: Path, cli: Cli) -> None:
        run = cli("explain", "pod/nobody", "demo")
        assert (run.status, run.out) == (2, "")
        assert run.err.startswith("scclint: pod/nobody: no such workload. There are: pod/shell, ")

    def test_a_name_without_kind_and_a_kind_before_a_name(self, demo: Path, cli: Cli) -> None:
        by_name = cli("explain", "deployment/legacy", "demo")
        assert cli("explain", "legacy", "demo") == by_name
        assert cli("explain", "deployment", "legacy", "demo") == by_name
        run = cli("explain", "nobody", "demo")
        assert (run.status, run.out) == (2, "")
        assert run.err.startswith("scclint: nobody: no such workload. There are: pod/shell, ")

    def test_a_rule_and_a_path_that_is_not_there(self, demo: Path, cli: Cli) -> None:
        assert cli("explain", "SEC201").err == "scclint: SEC201 is a rule: `scclint rule SEC201` describes it\n"
        run = cli("explain", "demo/gone.yaml")
        assert run.err.startswith(
            "scclint: demo/gone.yaml: no such file or directory; a workload is FILE, FILE:LINE or KIND/NAME"
        )


class TestRules:
    def test_table(self, cli: Cli) -> None:
        run = cli("rules")
        assert run.status == 0
        assert all(rule.id in run.out and rule.name in run.out for rule in builtin())

    def test_json(self, cli: Cli) -> None:
        assert [entry["id"] for entry in json.loads(cli("rules", "--format", "json").out)] == [r.id for r in builtin()]

    def test_page(self, cli: Cli) -> None:
        run = cli("rule", "SEC201")
        assert (run.status, run.out) == (0, cli("rule", "unconfined-by-default").out)
        assert "unconfined-by-default" in run.out

    def test_no_such_rule(self, cli: Cli) -> None:
        run = cli("rule", "SEC2O1")
        assert run.status == 2
        assert "Did you mean SEC2" in run.err


def test_config(demo: Path, cli: Cli) -> None:
    Path(".scclint.yaml").write_text("fail-on: error\n")
    run = cli("config", "--openshift", "4.18", "demo")
    assert run.status == 0
    lines = {line.partition("#")[0].split("=")[0].split(":")[0].strip(): line for line in run.out.splitlines()}
    assert ".scclint.yaml:1" in next(line for key, line in lines.items() if "fail-on" in key)
    assert "command line" in run.out


class TestCompletion:
    @pytest.mark.parametrize("shell", ["bash", "zsh", "fish", "powershell", "tcsh"])
    def test_script(self, cli: Cli, shell: str) -> None:
        run = cli("completion", shell)
        assert (run.status, run.err) == (0, "")
        option = "diff-base" if shell in ("fish", "tcsh") else "--diff-base"
        for word in ("review", option, "markdown", "SEC201"):
            assert word in run.out

    @pytest.mark.skipif(shutil.which("fish") is None, reason="fish is not installed")
    def test_fish_completes(self, here: Path, cli: Cli) -> None:
        Path("script").write_text(cli("completion", "fish").out)
        # fish completes commands that exist.
        Path("scclint").write_text("")
        Path("scclint").chmod(0o755)
        ask = 'source script; complete -C "scclint rev"; complete -C "scclint check --format sa"; complete -C "scclint rule SEC201"'
        env = {**os.environ, "HOME": str(here), "PATH": f"{here}:{os.environ['PATH']}"}
        done = subprocess.run(["fish", "-c", ask], capture_output=True, text=True, check=False, env=env)
        assert [line.partition("\t")[0] for line in done.stdout.splitlines()] == ["review", "sarif", "SEC201"], done.stderr

    @pytest.mark.skipif(shutil.which("zsh") is None, reason="zsh is not installed")
    def test_zsh_reads_the_script(self, here: Path, cli: Cli) -> None:
        Path("_scclint").write_text(cli("completion", "zsh").out)
        ask = "fpath=($PWD $fpath); autoload -Uz compinit; compinit -u -d dump; echo $_comps[scclint]; autoload +X _scclint"
        done = subprocess.run(["zsh", "-f", "-c", ask], capture_output=True, text=True, check=False)
        assert (done.stdout, done.stderr) == ("_scclint\n", "")

    def test_bash_completes(self, here: Path, cli: Cli) -> None:
        Path("script").write_text(cli("completion", "bash").out)
        ask = (
            'source ./script; complete_words() { COMP_WORDS=("$@"); COMP_CWORD=$(($# - 1)); COMPREPLY=(); '
            '_shtab_scclint; echo "${COMPREPLY[*]}"; }; '
            "complete_words scclint rev; complete_words scclint check --format sa; complete_words scclint rule SEC201"
        )
        done = subprocess.run(["bash", "-c", ask], capture_output=True, text=True, check=False)
        assert done.stdout.splitlines() == ["review", "sarif", "SEC201"], done.stderr


def test_server_without_pygls(cli: Cli, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in [name for name in sys.modules if name.startswith("scclint.apps.lsp")]:
        monkeypatch.delitem(sys.modules, name)
    for name in ("pygls", "lsprotocol"):
        monkeypatch.setitem(sys.modules, name, None)
    assert cli("server") == (
        2,
        "",
        "scclint: server needs lsprotocol: pip install 'scclint[lsp]', or in a clone pip install '.[lsp]'\n",
    )


def test_config_prints_texts_that_look_like_commands_as_the_same_texts(here: Path, cli: Cli) -> None:
    text = "a ::error:: ##[error] ::x"
    Path(".scclint.yaml").write_text(json.dumps({"sarif-category": text}))
    printed = cli("config").out
    assert " ::" not in printed and "##[" not in printed
    Path("printed.yaml").write_text(printed)
    assert load_config("printed.yaml").sarif_category == text


def test_the_cache_is_emptied(demo: Path, cli: Cli, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(demo / "cache"))
    folder = demo / "cache" / "scclint"
    folder.mkdir(mode=0o700, parents=True)
    (folder / "one.parts").write_bytes(b"x" * 1_500_000)
    (folder / "two.outline").write_bytes(b"")
    assert cli("cache", "clean") == (0, "Removed 2 files (1.5 MB).\n", "")
    assert list(folder.iterdir()) == []
    assert cli("cache", "clean").out == "Removed 0 files (0.0 MB).\n"
    assert cli("cache", "grow").status == 2
