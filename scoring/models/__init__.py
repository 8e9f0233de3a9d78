"""What is measured and where everyone stands.

One module per noun; this file only gathers them.
"""

from scoring.models.imports import BatchState, ImportBatch, ImportPlan
from scoring.models.rules import Indicator, Look, MajorItem, RuleSource, SubItem
from scoring.models.score import Cell, Deduction, Involvement, Score, ScoreKind
from scoring.models.standing import Standing
from scoring.models.trial import TrialVariant
from scoring.models.visit import OPEN_VISITS, Visit, VisitLine, VisitState

__all__ = [
    "OPEN_VISITS",
    "BatchState",
    "Cell",
    "Deduction",
    "ImportBatch",
    "ImportPlan",
    "Indicator",
    "Involvement",
    "Look",
    "MajorItem",
    "RuleSource",
    "Score",
    "ScoreKind",
    "Standing",
    "SubItem",
    "TrialVariant",
    "Visit",
    "VisitLine",
    "VisitState",
]
