"""The year's eleven stages, their order, and which acts each one opens (rulebook 8).

Pure: windows and reopenings are asked elsewhere and passed in.
"""

from __future__ import annotations

from enum import StrEnum


class Stage(StrEnum):
    SET_UP = "set-up"
    COMMITMENT = "commitment"
    MONITORING = "monitoring"
    SELF_ASSESSMENT = "self-assessment"
    PRELIMINARY_REVIEW = "preliminary-review"
    ONSITE_REVIEW = "onsite-review"
    HEARING = "hearing"
    RESULTS = "results"
    APPROVAL = "approval"
    PUBLISHED = "published"
    FILED = "filed"

    @property
    def position(self) -> int:
        """1 for set-up to 11 for filed."""
        return ORDER.index(self) + 1


ORDER: tuple[Stage, ...] = tuple(Stage)


def between(first: Stage, last: Stage) -> frozenset[Stage]:
    """The stages from `first` to `last`, both included."""
    return frozenset(ORDER[ORDER.index(first) : ORDER.index(last) + 1])


EVERY = frozenset(ORDER)
BEFORE_APPROVAL = between(Stage.SET_UP, Stage.RESULTS)
PAPERS_OPEN = between(Stage.MONITORING, Stage.RESULTS)
AFTER_PUBLICATION = between(Stage.PUBLISHED, Stage.FILED)
FROM_HEARING = between(Stage.HEARING, Stage.FILED)
LEDGERS_OPEN = between(Stage.MONITORING, Stage.PRELIMINARY_REVIEW)

# Permission row → the stages in which a grant marked `w` holds.
OPEN_IN: dict[str, frozenset[Stage]] = {
    "B02": frozenset({Stage.SET_UP}),
    "B03": frozenset({Stage.SET_UP}),
    "B04": BEFORE_APPROVAL,
    "B05": BEFORE_APPROVAL,
    "B06": EVERY,
    "B07": between(Stage.COMMITMENT, Stage.APPROVAL),
    "C02": LEDGERS_OPEN,
    "C03": LEDGERS_OPEN,
    "C05": LEDGERS_OPEN,
    "C06": LEDGERS_OPEN,
    "C07": LEDGERS_OPEN,
    "D02": frozenset({Stage.SELF_ASSESSMENT}),
    "D03": frozenset({Stage.SELF_ASSESSMENT}),
    "D04": frozenset({Stage.SELF_ASSESSMENT}),
    "D05": between(Stage.SELF_ASSESSMENT, Stage.ONSITE_REVIEW),
    "D07": frozenset({Stage.SELF_ASSESSMENT}),
    "D08": between(Stage.COMMITMENT, Stage.ONSITE_REVIEW),
    "D09": frozenset({Stage.COMMITMENT}),
    "D10": frozenset({Stage.COMMITMENT}),
    "D11": between(Stage.COMMITMENT, Stage.MONITORING),
    "D12": between(Stage.MONITORING, Stage.SELF_ASSESSMENT),
    "E01": frozenset({Stage.PRELIMINARY_REVIEW}),
    "E02": frozenset({Stage.ONSITE_REVIEW}),
    "E03": frozenset({Stage.PRELIMINARY_REVIEW}),
    "E04": between(Stage.PRELIMINARY_REVIEW, Stage.ONSITE_REVIEW),
    "E07": BEFORE_APPROVAL,
    "E08": between(Stage.PRELIMINARY_REVIEW, Stage.ONSITE_REVIEW),
    "E09": frozenset({Stage.SET_UP}),
    "E10": frozenset({Stage.SET_UP}),
    "E11": between(Stage.SET_UP, Stage.ONSITE_REVIEW),
    "E12": frozenset({Stage.ONSITE_REVIEW}),
    "E14": between(Stage.COMMITMENT, Stage.APPROVAL),
    "E15": between(Stage.PRELIMINARY_REVIEW, Stage.RESULTS),
    "F01": PAPERS_OPEN,
    "F02": PAPERS_OPEN,
    "F04": PAPERS_OPEN,
    "F05": PAPERS_OPEN,
    "F06": between(Stage.MONITORING, Stage.FILED),
    "F07": PAPERS_OPEN,
    "G01": BEFORE_APPROVAL,
    "G02": FROM_HEARING,
    "G03": between(Stage.RESULTS, Stage.FILED),
    "G04": FROM_HEARING,
    "G05": FROM_HEARING,
    "H01": frozenset({Stage.RESULTS}),
    "H02": frozenset({Stage.RESULTS}),
    "H04": frozenset({Stage.RESULTS}),
    "H05": frozenset({Stage.RESULTS}),
    "H06": frozenset({Stage.RESULTS}),
    # Again during approval, when a change has voided the first hand-over.
    "I01": between(Stage.RESULTS, Stage.APPROVAL),
    "I02": frozenset({Stage.APPROVAL}),
    "I03": between(Stage.HEARING, Stage.APPROVAL),
    "I04": frozenset({Stage.APPROVAL}),
    "I05": AFTER_PUBLICATION,
    "I06": between(Stage.SET_UP, Stage.APPROVAL),
    "J01": between(Stage.RESULTS, Stage.APPROVAL),
    "J02": frozenset({Stage.APPROVAL}),
    "J04": between(Stage.APPROVAL, Stage.PUBLISHED),
    "J05": between(Stage.PRELIMINARY_REVIEW, Stage.APPROVAL),
    "J06": between(Stage.PRELIMINARY_REVIEW, Stage.APPROVAL),
    "J07": AFTER_PUBLICATION,
    "K01": AFTER_PUBLICATION,
    "K03": AFTER_PUBLICATION,
}

# The stages whose window, once over, closes what units, lead bodies and teams do in them.
CLOSED_BY_WINDOW = between(Stage.SET_UP, Stage.RESULTS)


def deadline_stage(row: str) -> Stage | None:
    """The stage with whose window the row's acts end: the last in which it is open; None when no window ends it."""
    last = max(OPEN_IN.get(row, frozenset()), key=lambda stage: stage.position, default=None)
    return last if last in CLOSED_BY_WINDOW else None
