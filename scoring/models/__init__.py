"""What is measured and where everyone stands.

One module per noun; this file only gathers them.
"""

from scoring.models.imports import BatchState, ImportBatch, ImportPlan
from scoring.models.ledger import (
    QUARTERS,
    Ledger,
    LedgerEvidence,
    LedgerKind,
    LedgerLine,
    LedgerPart,
    LedgerVersion,
    QuarterDue,
    ReturnLine,
    VersionState,
)
from scoring.models.rules import Indicator, Look, MajorItem, RuleSource, SubItem
from scoring.models.score import Cell, Deduction, Involvement, Score, ScoreKind
from scoring.models.standing import Standing

__all__ = [
    "QUARTERS",
    "BatchState",
    "Cell",
    "Deduction",
    "ImportBatch",
    "ImportPlan",
    "Indicator",
    "Involvement",
    "Ledger",
    "LedgerEvidence",
    "LedgerKind",
    "LedgerLine",
    "LedgerPart",
    "LedgerVersion",
    "Look",
    "MajorItem",
    "QuarterDue",
    "ReturnLine",
    "RuleSource",
    "Score",
    "ScoreKind",
    "Standing",
    "SubItem",
    "VersionState",
]
