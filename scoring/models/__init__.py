"""What is measured and where everyone stands.

One module per noun; this file only gathers them.
"""

from scoring.models.assessment import Assessment, AssessmentLine, Receipt
from scoring.models.commitment import (
    Commitment,
    CommitmentRound,
    CommitmentState,
    Goal,
    ProgressLine,
    ProgressReport,
    ReportTerm,
    Verdict,
)
from scoring.models.coverage import Below, CoverageLine, CoverageReturn
from scoring.models.imports import BatchState, ImportBatch, ImportPlan
from scoring.models.ledger import (
    QUARTERS,
    Ledger,
    LedgerKind,
    LedgerLine,
    LedgerPart,
    LedgerVersion,
    LineThread,
    QuarterDue,
    ReturnLine,
    VersionState,
)
from scoring.models.rules import Indicator, Look, MajorItem, RuleSource, SubItem
from scoring.models.score import Cell, Deduction, Involvement, Score, ScoreKind
from scoring.models.standing import Standing
from scoring.models.trial import TrialVariant
from scoring.models.visit import OPEN_VISITS, Visit, VisitLine, VisitState

__all__ = [
    "OPEN_VISITS",
    "QUARTERS",
    "Assessment",
    "AssessmentLine",
    "BatchState",
    "Below",
    "Cell",
    "Commitment",
    "CommitmentRound",
    "CommitmentState",
    "CoverageLine",
    "CoverageReturn",
    "Deduction",
    "Goal",
    "ImportBatch",
    "ImportPlan",
    "Indicator",
    "Involvement",
    "Ledger",
    "LedgerKind",
    "LedgerLine",
    "LedgerPart",
    "LedgerVersion",
    "LineThread",
    "Look",
    "MajorItem",
    "ProgressLine",
    "ProgressReport",
    "QuarterDue",
    "Receipt",
    "ReportTerm",
    "ReturnLine",
    "RuleSource",
    "Score",
    "ScoreKind",
    "Standing",
    "SubItem",
    "TrialVariant",
    "Verdict",
    "VersionState",
    "Visit",
    "VisitLine",
    "VisitState",
]
