"""Record anew what the library of Pod Security says of the pods in `fixtures/conformance`, and compare it with what the files have.

    python tools/record_pod_security.py [--write] [RELEASE ...]

`pod-security.jsonl.gz` has the pods of the library's own tests, `pod-security-detail.jsonl.gz` pods for each release of OpenShift with what
the library of its Kubernetes says. Without a RELEASE, all are recorded. `--write` writes the files. The script needs Go and its module proxy.
It takes about a minute for each release.
"""

import argparse
import gzip
import json
import shutil
import subprocess
import tempfile
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from ruamel.yaml import YAML

Json = dict[str, Any]

ROOT = Path(__file__).parents[1]
RECORDED = ROOT / "fixtures" / "conformance"
LIBRARY = "k8s.io/pod-security-admission"
MINORS = {"4.11": 24, "4.16": 29, "4.18": 31, "4.20": 33, "4.22": 35}
"""The Kubernetes 1.N of the releases in `pod-security-detail.jsonl.gz`; the library has the version v0.N.0."""

POD_VERSIONS = ("v1.24", "v1.29", "v1.33", "v1.35")
"""The versions of the standards whose pods `pod-security.jsonl.gz` has, from the tests of the library of the newest one."""

EVALUATOR = """package main

import "k8s.io/pod-security-admission/policy"

func newEvaluator() (policy.Evaluator, error) {{
	{}return policy.NewEvaluator(policy.DefaultChecks(){})
}}
"""
RELAXED = "policy.RelaxPolicyForUserNamespacePods(true)\n\t"
"""What the API server calls if the feature gate UserNamespacesPodSecurityStandards is on, as it is from OpenShift 4.20 on."""

FIRST_RELAXED, FIRST_WITH_EMULATION = 33, 35
"""From the first of these minors on, the gate is on. From the second one on, the library needs no call for it."""


def main() -> None:
    parser = argparse.ArgumentParser(description="Record what the library of Pod Security says.")
    parser.add_argument("releases", nargs="*", metavar="RELEASE", help=f"one of {', '.join(MINORS)}")
    parser.add_argument("--write", action="store_true", help="write the files")
    options = parser.parse_args()
    details = read("pod-security-detail")
    for release in options.releases or MINORS:
        chosen = [case for case in details if case["openshift"] == release]
        answers = judged(chosen, MINORS[release])
        report(release, [(case["id"], case["expect"], answer) for case, answer in zip(chosen, answers, strict=True)])
        for case, answer in zip(chosen, answers, strict=True):
            case["expect"] = answer
    if not options.releases:
        pods = own_pods()
        recorded = {case["id"]: case for case in read("pod-security")}
        report("pods of the library", [(case["id"], recorded.get(case["id"]), case) for case in pods])
        if options.write:
            write("pod-security", pods)
    if options.write:
        write("pod-security-detail", details)


def report(what: str, compared: Iterable[tuple[str, object, object]]) -> None:
    """Print which recorded answers differ, and how many are equal."""
    every = list(compared)
    differing = [(name, before, after) for name, before, after in every if before != after]
    for name, before, after in differing:
        print(f"{name}: {json.dumps(after)} instead of {json.dumps(before)}")
    print(f"{what}: {len(every) - len(differing)} of {len(every)} equal")


def judged(cases: list[Json], minor: int) -> list[Json]:
    """Return what the library of Kubernetes 1.`minor` says of pods."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        shutil.copy(Path(__file__).parent / "pod_security.go", folder / "main.go")
        relaxed = RELAXED if FIRST_RELAXED <= minor < FIRST_WITH_EMULATION else ""
        emulation = ", nil" if minor >= FIRST_WITH_EMULATION else ""
        (folder / "evaluator.go").write_text(EVALUATOR.format(relaxed, emulation), encoding="utf-8")
        (folder / "go.mod").write_text(f"module recorder\n\ngo 1.24.0\n\nrequire {LIBRARY} v0.{minor}.0\n", encoding="utf-8")
        subprocess.run(["go", "mod", "tidy"], cwd=folder, check=True, stderr=subprocess.DEVNULL)
        asked = "".join(json.dumps({key: case[key] for key in ("level", "version", "pod")}) + "\n" for case in cases)
        done = subprocess.run(["go", "run", "."], cwd=folder, input=asked, capture_output=True, text=True, check=True)
        return [json.loads(line) for line in done.stdout.splitlines()]


def own_pods() -> list[Json]:
    """Return the pods of the library's own tests, with what they must do."""
    version = f"v0.{POD_VERSIONS[-1].removeprefix('v1.')}.0"
    about = subprocess.check_output(["go", "mod", "download", "-json", f"{LIBRARY}@{version}"], text=True)
    tests = Path(json.loads(about)["Dir"], "test", "testdata")
    yaml = YAML(typ="safe", pure=True)
    return [
        {
            "id": file.relative_to(tests).with_suffix("").as_posix(),
            "level": file.parts[-4],
            "version": file.parts[-3],
            "pass": file.parts[-2] == "pass",
            "pod": yaml.load(file),
        }
        for level in ("baseline", "restricted")
        for pods in POD_VERSIONS
        for file in sorted((tests / level / pods).glob("*/*.yaml"))
    ]


def read(name: str) -> list[Json]:
    with gzip.open(RECORDED / f"{name}.jsonl.gz", "rt", encoding="utf-8") as lines:
        return [json.loads(line) for line in lines]


def write(name: str, cases: Iterable[Json]) -> None:
    text = "".join(json.dumps(case, separators=(",", ":")) + "\n" for case in cases)
    (RECORDED / f"{name}.jsonl.gz").write_bytes(gzip.compress(text.encode(), mtime=0))


if __name__ == "__main__":
    main()
