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
from scoring.models.imports import BatchState, ImportBatch, ImportPlan
from scoring.models.rules import Indicator, Look, MajorItem, RuleSource, SubItem
from scoring.models.score import Cell, Deduction, Involvement, Score, ScoreKind
from scoring.models.standing import Standing
from scoring.models.trial import TrialVariant

__all__ = [
    "OPEN_APPEALS",
    "Appeal",
    "AppealFile",
    "AppealPoint",
    "AppealState",
    "AppealTerms",
    "BatchState",
    "Cell",
    "Channel",
    "Deduction",
    "DeliveryHow",
    "ImportBatch",
    "ImportPlan",
    "Indicator",
    "Involvement",
    "Look",
    "MajorItem",
    "Outcome",
    "PointKind",
    "Recheck",
    "ResultDelivery",
    "RuleSource",
    "Score",
    "ScoreKind",
    "Standing",
    "SubItem",
    "TrialVariant",
]
