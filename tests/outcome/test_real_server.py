"""Answers of real API servers of OpenShift 4.18 to 5.0 to pods and workloads, to be agreed with at every step."""

from pathlib import Path

import pytest

from tools.compare_real_server import answer, comparisons, read

RECORDED = Path(__file__).parents[2] / "fixtures" / "conformance"


@pytest.mark.parametrize("release", ["4.18", "4.18-fields", "4.20", "4.22", "5.0", "5.0-fields"])
def test_every_answer_is_equal(release: str) -> None:
    compared = 0
    for case, cluster in read(RECORDED / f"real-server-{release}.jsonl.gz"):
        for what, expected, found in comparisons(case, answer(case, cluster)):
            assert found == expected, f"{case['id']}: {what}"
            compared += 1
    assert compared > 150
