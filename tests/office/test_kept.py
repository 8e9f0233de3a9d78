"""Values kept under a stamp: made once, made anew when the stamp moves, the oldest dropped."""

from __future__ import annotations

from office.kept import Kept


def test_a_value_is_made_once_for_a_stamp() -> None:
    made: list[int] = []
    kept: Kept[int] = Kept(most=2)

    def make() -> int:
        made.append(len(made))
        return made[-1]

    assert [kept.get("a", 1, make), kept.get("a", 1, make), kept.get("a", 2, make)] == [0, 0, 1]
    assert kept.get("a", 1, make) == 2  # an older stamp is another one


def test_the_one_not_used_for_longest_goes_first() -> None:
    kept: Kept[str] = Kept(most=2)
    for key in ("a", "b"):
        kept.get(key, 0, lambda: "first")
    kept.get("a", 0, lambda: "again")
    kept.get("c", 0, lambda: "first")

    assert kept.get("a", 0, lambda: "made anew") == "first"
    assert kept.get("b", 0, lambda: "made anew") == "made anew"


def test_cleared_values_are_made_anew() -> None:
    kept: Kept[str] = Kept(most=2)
    kept.get("a", 0, lambda: "before")
    kept.clear()

    assert kept.get("a", 0, lambda: "after") == "after"
