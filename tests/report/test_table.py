"""Tables, whole and folded."""

from hypothesis import given
from hypothesis import strategies as st

from scclint.report.table import table
from scclint.text import display_width

HEADER = ("SUBJECT", "ROLE", "PLACE")
ROWS = [("ServiceAccount shop/web", "ClusterRole admin", "rbac.yaml:3"), ("User ann", "-", "rbac.yaml:12")]


def test_a_table_that_fits() -> None:
    assert list(table(HEADER, ROWS, 80)) == [
        "SUBJECT                  ROLE               PLACE",
        "ServiceAccount shop/web  ClusterRole admin  rbac.yaml:3",
        "User ann                 -                  rbac.yaml:12",
    ]
    assert list(table(HEADER, ROWS)) == list(table(HEADER, ROWS, 80))


def test_a_table_that_is_folded_once() -> None:
    assert list(table(HEADER, ROWS, 40)) == [
        "SUBJECT\n  ROLE               PLACE",
        "ServiceAccount shop/web\n  ClusterRole admin  rbac.yaml:3",
        "User ann\n  -                  rbac.yaml:12",
    ]


def test_the_last_column_wraps_where_its_words_fit() -> None:
    rows = [("1.2", "fail", "Minimize the use of roots"), ("1.3", "pass", "Short")]
    assert list(table(("CONTROL", "STATUS", "TITLE"), rows, 32)) == [
        "CONTROL  STATUS  TITLE",
        "1.2      fail    Minimize the\n                 use of roots",
        "1.3      pass    Short",
    ]


def test_a_table_that_is_a_list() -> None:
    assert list(table(HEADER, ROWS, 30)) == [
        "SUBJECT",
        "ServiceAccount shop/web\n  role: ClusterRole admin\n  place: rbac.yaml:3",
        "User ann\n  place: rbac.yaml:12",
    ]


@given(
    st.lists(st.tuples(*[st.text(st.characters(categories=("L", "N")), min_size=1, max_size=9)] * 3), max_size=5),
    st.integers(31, 99),
)
def test_short_cells_never_exceed_the_terminal(rows: list[tuple[str, str, str]], columns: int) -> None:
    lines = "\n".join(table(HEADER, rows, columns)).split("\n")
    assert max(map(display_width, lines)) <= columns
    assert all(any(cell in line for line in lines) for row in rows for cell in row)
