"""Compare the outcomes of scclint with answers that real OpenShift API servers gave.

    python tools/compare_real_server.py [--verbose] [--every N] RECORDING.jsonl.gz ...

A recording has the objects of a cluster, and then manifests with the answer of the API server to each. The script judges each manifest
in the cluster and prints how many outcomes, SCCs, fields, messages and warnings are equal. `--verbose` prints every difference, and
`--every N` judges only each Nth case.
"""

import argparse
import gzip
import json
import re
from collections import Counter
from collections.abc import Iterator, Mapping
from itertools import islice
from pathlib import Path
from typing import Any

from scclint import Cluster
from scclint.admission.admit import SUBJECT_TYPE, VALIDATED_SCC
from scclint.admission.pod import containers
from scclint.admission.verdict import User
from scclint.platform.terms import CONTAINER_SECCOMP_ANNOTATION_PREFIX, POD_SECCOMP_ANNOTATION, REQUIRED_SCC

ANNOTATIONS = (
    *(VALIDATED_SCC, REQUIRED_SCC, SUBJECT_TYPE, POD_SECCOMP_ANNOTATION),
    *(CONTAINER_SECCOMP_ANNOTATION_PREFIX, "container.apparmor.security.beta.kubernetes.io/"),
)
"""The annotations, or their prefixes, that the recordings have."""

Answer = dict[str, Any]


def main() -> None:
    parser = argparse.ArgumentParser(description="Compare scclint with recorded answers of real API servers.")
    parser.add_argument("recordings", nargs="+", type=Path)
    parser.add_argument("--verbose", action="store_true", help="print every difference")
    parser.add_argument("--every", type=int, default=1, metavar="N", help="judge only each Nth case")
    options = parser.parse_args()
    for recording in options.recordings:
        equal: Counter[str] = Counter()
        compared: Counter[str] = Counter()
        for case, cluster in islice(read(recording), None, None, options.every):
            for what, expected, found in comparisons(case, answer(case, cluster)):
                compared[what] += 1
                if expected == found:
                    equal[what] += 1
                elif options.verbose:
                    difference = {
                        "release": case["release"],
                        "id": case["id"],
                        "what": what,
                        "server": expected,
                        "scclint": found,
                    }
                    print(json.dumps(difference))
        counts = ", ".join(f"{what} {equal[what]}/{compared[what]}" for what in compared)
        print(f"{recording.name}: {counts}", flush=True)


def read(recording: Path) -> Iterator[tuple[dict[str, Any], Cluster]]:
    """Yield the cases of a recording that are to be compared, each with its cluster."""
    clusters: dict[str, Cluster] = {}
    installed: Cluster | None = None
    with gzip.open(recording, "rt", encoding="utf-8") as lines:
        for item in map(json.loads, lines):
            if item["type"] == "state":
                installed = installed or Cluster.openshift(item["release"], cluster_admins=True)
                clusters[item["state"]] = installed.with_decodable(item["objects"])
            elif "all" not in item.get("skip", {}):
                yield item, clusters[item["state"]]


def answer(case: dict[str, Any], cluster: Cluster) -> Answer:
    """Return what scclint answers to the manifest of a case, in the shape of `server` in a recording."""
    judgement = cluster.judge(case["manifest"], User(case["creator"]["user"], tuple(case["creator"]["groups"])))
    outcome = judgement.rejected or judgement.pods[0]
    found: Answer = {"outcome": {True: "created", False: "rejected", None: "unknown"}[outcome.created]}
    if outcome.created:
        found |= {"scc": outcome.scc, "fields": fields_of(outcome.pod)}
    else:
        found |= {"step": outcome.step or None, "message": outcome.message}
    of_pod = case["manifest"]["kind"] == "Pod"
    warnings = {"workload": () if of_pod else judgement.warnings, "pod": judgement.pods[0].warnings if judgement.pods else ()}
    found["warnings"] = {at: list(texts) for at, texts in warnings.items() if texts}
    return found


def fields_of(pod: Mapping[str, Any]) -> Any:
    spec = pod["spec"]
    fields: Answer = {
        "annotations": {key: value for key, value in _annotations(pod).items() if key.startswith(ANNOTATIONS)},
        "securityContext": spec.get("securityContext"),
        "hostUsers": spec.get("hostUsers"),
        "containers": {one["name"]: one.get("securityContext") or {} for _, _, one in containers(spec)},
    }
    return _without_empty(fields)


def _annotations(pod: Mapping[str, Any]) -> dict[str, str]:
    return (pod.get("metadata") or {}).get("annotations") or {}


def _without_empty(value: Any) -> Any:
    if isinstance(value, dict):
        kept = {key: _without_empty(child) for key, child in value.items()}
        return {key: child for key, child in kept.items() if child not in (None, "", [], {})}
    return [_without_empty(child) for child in value] if isinstance(value, list) else value


def comparisons(case: dict[str, Any], found: Answer) -> Iterator[tuple[str, Any, Any]]:
    """Yield what is compared of a case: its name, what the server answered, and what scclint answers."""
    server = case["server"]
    yield "outcome", (server["outcome"], server.get("step")), (found["outcome"], found.get("step"))
    if server["outcome"] == found["outcome"] == "created":
        yield "SCC", server["scc"], found["scc"]
    if server["outcome"] == found["outcome"] == "created" and server["scc"] == found["scc"]:
        yield "fields", _without_empty(server["fields"]), found["fields"]
    step = server.get("step")
    if step and step == found.get("step") and "message" not in case.get("skip", {}):
        yield "message", _comparable(step, server["message"]), _comparable(step, found["message"])
    expected = _pod_security_warnings(server.get("warnings", {}))
    warnings = found.get("warnings", {})
    if expected or warnings:
        yield "warnings", expected, warnings


def _pod_security_warnings(warnings: dict[str, list[str]]) -> dict[str, list[str]]:
    found = {at: [text for text in texts if "PodSecurity" in text] for at, texts in warnings.items()}
    return {at: texts for at, texts in found.items() if texts}


def _comparable(step: str, message: str) -> Any:
    """Return what of a message is compared: the whole text, with the random end of a generated name left out.

    Errors of validation are compared as a set, those of decoding by the names of the fields that the API server does not know.
    """
    match step:
        case "decode":
            return sorted(set(re.findall(r'unknown field "([^"]*)"', message)))
        case "validation":
            text = re.sub(r'^\S+ "[^"]*" is invalid: ', "", message)
            return sorted(re.split(r", (?=spec\b|metadata\b)", text[1:-1]) if text.startswith("[") else [text])
    return re.sub(r'^(pods "[^"]*-)[a-z0-9]{0,5}"', r'\1"', message)


if __name__ == "__main__":
    main()
