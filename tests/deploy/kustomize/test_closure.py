"""What the build of a kustomization reads, and which builds are refused."""

import os
from pathlib import Path

import pytest

from scclint.deploy.kustomize.kustomization import Closure, Kustomizations, closure
from scclint.limits import MAX_KUSTOMIZE_VISITS
from tests.running import write_below

OBJECT = "apiVersion: v1\nkind: ServiceAccount\nmetadata: {name: a}\n"


def build(root: Path, files: dict[str, str], folder: str = "k") -> Closure:
    write_below(root, files)
    return closure(str(root / folder), str(root))


EVERYTHING = """\
apiVersion: kustomize.config.k8s.io/v1beta1
kind: Kustomization
namespace: shop
resources: [web.yaml, ../base]
bases: [../old]
components: [../component]
patchesStrategicMerge:
- p1.yaml
- |
  kind: X
patches:
- path: p2.yaml
- patch: |
    - op: remove
patchesJson6902:
- path: p3.json
configMapGenerator:
- name: a
  files: [a.conf, key=b.conf, key=c=d.conf]
  envs: [c.env]
secretGenerator:
- name: b
  env: d.env
configurations: [names.yaml]
crds: [crd.json]
openapi: {path: schema.json}
replacements:
- path: replacement.yaml
transformers: [prefix.yaml]
validators:
- |
  apiVersion: builtin
  kind: PatchTransformer
  metadata: {name: x}
  path: p4.yaml
"""
FILES = (
    "web.yaml",
    "p1.yaml",
    "p2.yaml",
    "p3.json",
    "a.conf",
    "b.conf",
    "c=d.conf",
    "c.env",
    "d.env",
    "names.yaml",
    "crd.json",
    "schema.json",
)


def test_everything_that_a_build_reads(tmp_path: Path) -> None:
    write_below(tmp_path, {f"k/{name}": OBJECT for name in (*FILES, "replacement.yaml", "p4.yaml")})
    prefix = "apiVersion: builtin\nkind: ConfigMapGenerator\nmetadata: {name: x}\nfiles: [e.conf]\nenvs: [f.env]\n"
    write_below(tmp_path, {"k/prefix.yaml": prefix, "k/e.conf": "", "k/f.env": ""})
    folders = {
        "base": "resources: [sa.yaml]",
        "old": "resources: [sa.yaml]",
        "component": "kind: Component\npatches: [{path: p.yaml}]",
    }
    write_below(tmp_path, {f"{folder}/kustomization.yml": text for folder, text in folders.items()})
    write_below(tmp_path, {"base/sa.yaml": OBJECT, "old/sa.yaml": OBJECT, "component/p.yaml": OBJECT, "k/other.yaml": OBJECT})
    found = build(tmp_path, {"k/kustomization.yaml": EVERYTHING})
    assert found.refused == ""
    assert found.folder == "k"
    assert found.folders == ("k", "base", "old", "component")
    assert found.components == ("component",)
    own = (*FILES, "replacement.yaml", "p4.yaml", "prefix.yaml", "e.conf", "f.env", "kustomization.yaml")
    below = [f"{folder}/kustomization.yml" for folder in folders] + ["base/sa.yaml", "old/sa.yaml", "component/p.yaml"]
    assert found.files == tuple(sorted([f"k/{name}" for name in own] + below))
    assert found.resources == ("base/sa.yaml", "k/web.yaml", "old/sa.yaml")
    assert found.patches == ("component/p.yaml", "k/p1.yaml", "k/p2.yaml", "k/p3.json", "k/p4.yaml")
    assert found.entry == "k/kustomization.yaml"


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("resources: ['{}']", "https://example.org/x.yaml"),
        ("resources: ['{}']", "HTTP://127.0.0.1:1/x.yaml"),
        ("resources: ['{}']", "github.com/o/r//x?ref=v1"),
        ("resources: ['{}']", "git@example.org:o/r.git"),
        ("resources: ['{}']", "git::https://example.org/o/r"),
        ("resources: ['{}']", "ssh://git@example.org/o/r"),
        ("resources: ['{}']", "file:///srv/repository"),
        ("resources: ['{}']", "user@example.org/o/r"),
        ("components: ['{}']", "https://example.org/x"),
        ("bases: ['{}']", "https://example.org/x"),
        ("crds: ['{}']", "https://example.org/x"),
        ("configurations: ['{}']", "https://example.org/x"),
        ("openapi: {{path: '{}'}}", "https://example.org/x"),
        ("patches: [{{path: '{}'}}]", "https://example.org/x"),
        ("patchesStrategicMerge: ['{}']", "https://example.org/x"),
        ("patchesJson6902: [{{path: '{}'}}]", "https://example.org/x"),
        ("replacements: [{{path: '{}'}}]", "https://example.org/x"),
        ("transformers: ['{}']", "https://example.org/x"),
        ("configMapGenerator: [{{name: a, files: ['k={}']}}]", "https://example.org/x"),
        ("configMapGenerator: [{{name: a, envs: ['{}']}}]", "https://example.org/x"),
        ("secretGenerator: [{{name: a, env: '{}'}}]", "https://example.org/x"),
        ("secretGENERATOR: [{{name: a, ENV: '{}'}}]", "https://example.org/x"),
        ("re\u017fource\u017f: ['{}']", "https://example.org/x"),
        ('transformers: ["apiVersion: builtin\\nkind: PatchTransformer\\npath: {}\\n"]', "https://example.org/x"),
    ],
)
def test_remote_values_are_refused(tmp_path: Path, text: str, value: str) -> None:
    found = build(tmp_path, {"k/kustomization.yaml": text.format(value)})
    assert found.problem.endswith(f'names "{value}", which is remote')


def test_a_folder_that_is_called_like_a_url_is_refused(tmp_path: Path) -> None:
    files = {"k/github.com/o/r/kustomization.yaml": "", "k/kustomization.yaml": "resources: [github.com/o/r]"}
    assert build(tmp_path, files).problem == 'k/kustomization.yaml: resources names "github.com/o/r", which is remote'


@pytest.mark.parametrize(
    ("files", "refused"),
    [
        ({}, "k has no kustomization file"),
        ({"k/Kustomization": "", "k/kustomization.yaml": "{}"}, "k has more than one kustomization file"),
        ({"k/kustomization.yaml": "resources: ["}, "k/kustomization.yaml not valid YAML"),
        ({"k/kustomization.yaml": "kind: Other"}, "k/kustomization.yaml holds no kustomization"),
        (
            {"k/kustomization.yaml": "resources: [a]\nResources: [b]"},
            "k/kustomization.yaml has two keys that differ only in case",
        ),
        (
            {"k/kustomization.yaml": "patches: [{path: a, Path: ../../x}]", "k/a": ""},
            'k/kustomization.yaml has two keys that differ only in case: "Path"',
        ),
        (
            {"k/kustomization.yaml": "helmGlobals: {chartHome: a, ChartHome: ../../x}"},
            'k/kustomization.yaml has two keys that differ only in case: "ChartHome"',
        ),
        ({"k/kustomization.yaml": "resources: [/etc]"}, 'k/kustomization.yaml: resources names "/etc", an absolute path'),
        (
            {"k/kustomization.yaml": "resources: [../../x]"},
            'k/kustomization.yaml: resources names "../../x", which is outside the root',
        ),
        ({"k/kustomization.yaml": "resources: [x]"}, 'k/kustomization.yaml: resources names "x", which does not exist'),
        (
            {"k/kustomization.yaml": "configMapGenerator: [{name: a, envs: [x]}]"},
            'k/kustomization.yaml: configMapGenerator.envs names "x", which does not exist',
        ),
        (
            {"k/kustomization.yaml": "secretGenerator: [{name: a, env: x}]"},
            'k/kustomization.yaml: secretGenerator.env names "x", which does not exist',
        ),
        ({"k/kustomization.yaml": r'resources: ["a\0b"]'}, "k/kustomization.yaml"),
        (
            {"k/kustomization.yaml": "patches: [{path: ../b}]", "b/x": ""},
            'k/kustomization.yaml: patches names a folder, "../b"',
        ),
        ({"k/kustomization.yaml": "resources: [../b]", "b/x": ""}, "b has no kustomization file"),
        ({"k/kustomization.yaml": "resources: [.]"}, "k includes itself"),
        ({"k/kustomization.yaml": "resources: [../b]", "b/kustomization.yaml": "resources: [../k]"}, "k includes itself"),
        (
            {"k/kustomization.yaml": "helmCharts: [{name: web}]"},
            "a kustomization fetches Helm charts: lint it with `kustomize build --enable-helm FOLDER | scclint check -`",
        ),
        (
            {"k/kustomization.yaml": "generators: [g.yaml]", "k/g.yaml": "apiVersion: x.io/v1\nkind: PolicyGenerator"},
            'k/g.yaml runs the plugin "PolicyGenerator"',
        ),
        (
            {
                "k/kustomization.yaml": "transformers: [g.yaml]",
                "k/g.yaml": "apiVersion: builtin\nkind: P\nmetadata: {annotations: {config.kubernetes.io/function: 'exec: {path: /x}'}}",
            },
            'k/g.yaml runs the plugin "P"',
        ),
        (
            {"k/kustomization.yaml": 'generators: ["apiVersion: builtin\\nkind: HelmChartInflationGenerator\\n"]'},
            "k/kustomization.yaml renders a Helm chart",
        ),
        ({"k/kustomization.yaml": "generators: [g.yaml]", "k/g.yaml": "a: ["}, "k/g.yaml not valid YAML"),
        ({"k/kustomization.yaml": "generators: [g.yaml]", "k/g.yaml": "a: \0"}, "k/g.yaml not a text file"),
        (
            {"k/kustomization.yaml": "generators: [g.yaml]", "k/g.yaml": "---\n---\n[]"},
            "k/g.yaml is no configuration of a plugin",
        ),
        ({"k/kustomization.yaml": "a: \0"}, "k/kustomization.yaml not a text file"),
        (
            {
                "k/kustomization.yaml": "generators: [../g]",
                "g/kustomization.yaml": "resources: [p.yaml]",
                "g/p.yaml": "apiVersion: x/v1\nkind: P",
            },
            'g/p.yaml runs the plugin "P"',
        ),
        (
            {"k/kustomization.yaml": "generators: [../g]", "g/kustomization.yaml": "patches: [{patch: x}]"},
            "g/kustomization.yaml generates or changes configurations of plugins",
        ),
    ],
)
def test_what_must_not_be_built(tmp_path: Path, files: dict[str, str], refused: str) -> None:
    found = build(tmp_path, {"k/other": "", **files}).refused
    # The rest of some messages says where a file is wrong.
    assert found.startswith(refused)
    assert found[len(refused) : len(refused) + 1] in ("", ":")


def test_links_out_of_the_root_are_refused(tmp_path: Path) -> None:
    root = tmp_path / "root"
    write_below(tmp_path, {"outside/kustomization.yaml": "", "outside/sa.yaml": OBJECT})
    write_below(root, {"k/kustomization.yaml": "resources: [base]"})
    (root / "k/base").symlink_to(tmp_path / "outside")
    assert closure(str(root / "k"), str(root)).refused.endswith('names "base", which is outside the root')
    write_below(root, {"k/kustomization.yaml": "resources: [sa.yaml]"})
    (root / "k/sa.yaml").symlink_to(tmp_path / "outside/sa.yaml")
    assert closure(str(root / "k"), str(root)).refused.endswith('names "sa.yaml", which is outside the root')
    assert closure(str(tmp_path / "outside"), str(root)).refused == "../outside is outside the root"
    (root / "linked").mkdir()
    (root / "linked/kustomization.yaml").symlink_to(tmp_path / "outside/kustomization.yaml")
    assert closure(str(root / "linked"), str(root)).refused == "linked/kustomization.yaml leads out of the root"


def test_the_repository_of_the_tree_is_out_of_bounds(tmp_path: Path) -> None:
    write_below(tmp_path, {".git/config": "secret", "k/kustomization.yaml": "resources: [../.git/config]"})
    assert closure(str(tmp_path / "k"), str(tmp_path)).refused.endswith("which is outside the root")


def test_links_within_the_root_are_followed(tmp_path: Path) -> None:
    write_below(tmp_path, {"real/deep/kustomization.yaml": "resources: [../sa.yaml]", "real/sa.yaml": OBJECT})
    write_below(tmp_path, {"k/kustomization.yaml": "resources: [base, ./base, sa.yaml]"})
    (tmp_path / "k/base").symlink_to("../real/deep")
    (tmp_path / "k/sa.yaml").symlink_to("../real/sa.yaml")
    found = closure(str(tmp_path / "k"), str(tmp_path))
    assert found.refused == ""
    assert found.folders == ("k", "real/deep")
    assert found.resources == ("k/sa.yaml", "real/sa.yaml")


def diamond(root: Path, levels: int) -> Closure:
    """Each level includes the one below it twice."""
    files = {}
    for level in range(levels):
        files[f"{level}/kustomization.yaml"] = f"resources: [../{level + 1}, ../{level + 1}]"
    files[f"{levels}/kustomization.yaml"] = "resources: [sa.yaml]"
    files[f"{levels}/sa.yaml"] = OBJECT
    return build(root, files, "0")


def test_diamonds_are_counted(tmp_path: Path) -> None:
    assert diamond(tmp_path / "small", 9).refused == ""
    found = diamond(tmp_path / "large", 60)
    assert found.refused == f"its folders include one another more than {MAX_KUSTOMIZE_VISITS:,} times"
    assert found.resources == ("60/sa.yaml",), "what it reads is known all the same"


def test_as_many_visits_as_the_limit_says(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for limit, refused in ((7, ""), (6, "its folders include one another more than 6 times")):
        monkeypatch.setattr("scclint.deploy.kustomize.kustomization.MAX_KUSTOMIZE_VISITS", limit)
        assert diamond(tmp_path, 2).refused == refused, "one folder, twice the next, four times the last"


def test_a_wide_diamond_takes_no_time(tmp_path: Path) -> None:
    wide = "resources: [" + ", ".join(["../1"] * 20_000) + "]"
    wider = wide.replace("../1", "../2")
    files = {"0/kustomization.yaml": wide, "1/kustomization.yaml": wider, "2/kustomization.yaml": "namespace: n"}
    assert build(tmp_path, files, "0").refused == f"its folders include one another more than {MAX_KUSTOMIZE_VISITS:,} times"


def test_charts_that_a_kustomization_renders(tmp_path: Path) -> None:
    text = "helmGlobals: {chartHome: ../charts}\nhelmCharts:\n- {name: web, valuesFile: v.yaml}\n- {name: db, version: '2', repo: https://x}\n"
    files = {"charts/web/Chart.yaml": "", "charts/db-2/db/Chart.yaml": "", "charts/other/Chart.yaml": ""}
    found = build(tmp_path, {**files, "k/kustomization.yaml": text, "k/v.yaml": ""})
    assert found.charts == ("charts/db-2/db", "charts/web")
    assert "k/v.yaml" in found.files


def test_comments_before_the_first_marker(tmp_path: Path) -> None:
    found = build(tmp_path, {"k/kustomization.yaml": "# A comment.\n---\nresources: [sa.yaml]\n", "k/sa.yaml": OBJECT})
    assert (found.refused, found.resources) == ("", ("k/sa.yaml",))


def test_a_shared_base_is_read_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    write_below(tmp_path, {f"{name}/kustomization.yaml": "resources: [../base]" for name in ("a", "b")})
    write_below(tmp_path, {"base/kustomization.yaml": "resources: [sa.yaml]", "base/sa.yaml": OBJECT})
    reads: list[str] = []

    def counted(path: str, name: str) -> str:
        reads.append(name)
        return Path(path).read_text(encoding="utf-8")

    monkeypatch.setattr("scclint.deploy.kustomize.kustomization.read", counted)
    tree = Kustomizations(str(tmp_path))
    assert [tree.closure(str(tmp_path / name)).resources for name in "ab"] == [("base/sa.yaml",)] * 2
    assert sorted(reads) == ["a/kustomization.yaml", "b/kustomization.yaml", "base/kustomization.yaml"]


def test_paths_do_not_depend_on_the_working_directory(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    write_below(tmp_path, {"k/kustomization.yaml": "resources: [sa.yaml]", "k/sa.yaml": OBJECT})
    expected = closure(str(tmp_path / "k"), str(tmp_path))
    monkeypatch.chdir(tmp_path / "k")
    assert closure(os.curdir, os.pardir) == expected
