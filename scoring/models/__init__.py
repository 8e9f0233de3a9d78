"""What is measured and where everyone stands.

One module per noun; this file only gathers them.
"""

from scoring.models.appeal import (
    OPEN_APPEALS,
    Appeal,
    AppealFile,
    AppealPoint,
    AppealState,
    AppealTerms,
    Channel,
    DeliveryHow,
    Outcome,
    PointKind,
    Recheck,
    ResultDelivery,
)
from scoring.models.appraiser_finding import AppraiserFinding, FindingState, ScoreRecheck
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
from scoring.models.detailed_rule import DetailedRule, DetailedRuleState, RuleBook, RuleIndicator
from scoring.models.distortion import Dismissal, DistortionLimits
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
from scoring.models.supplement import OPEN_SUPPLEMENTS, Supplement, SupplementState
from scoring.models.trial import TrialVariant
from scoring.models.visit import OPEN_VISITS, Visit, VisitLine, VisitState

__all__ = [
    "OPEN_APPEALS",
    "OPEN_SUPPLEMENTS",
    "OPEN_VISITS",
    "QUARTERS",
    "Appeal",
    "AppealFile",
    "AppealPoint",
    "AppealState",
    "AppealTerms",
    "AppraiserFinding",
    "Assessment",
    "AssessmentLine",
    "BatchState",
    "Below",
    "Cell",
    "Channel",
    "Commitment",
    "CommitmentRound",
    "CommitmentState",
    "CoverageLine",
    "CoverageReturn",
    "Deduction",
    "DeliveryHow",
    "DetailedRule",
    "DetailedRuleState",
    "Dismissal",
    "DistortionLimits",
    "FindingState",
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
    "Outcome",
    "PointKind",
    "ProgressLine",
    "ProgressReport",
    "QuarterDue",
    "Receipt",
    "Recheck",
    "ReportTerm",
    "ResultDelivery",
    "ReturnLine",
    "RuleBook",
    "RuleIndicator",
    "RuleSource",
    "Score",
    "ScoreKind",
    "ScoreRecheck",
    "Standing",
    "SubItem",
    "Supplement",
    "SupplementState",
    "TrialVariant",
    "Verdict",
    "VersionState",
    "Visit",
    "VisitLine",
    "VisitState",
]
