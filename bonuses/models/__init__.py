"""What papers add, take away or bar.

One module per noun; this file only gathers them.
"""

from bonuses.models.adjustment import (
    OPEN_STATES,
    Adjustment,
    AdjustmentKind,
    AdjustmentState,
    Hold,
    Honoured,
    Matter,
)
from bonuses.models.batch import BatchState, PaperBatch
from bonuses.models.document import Document, DocumentKind
from bonuses.models.tally import Tally
from bonuses.models.tariff import Issuer, Kind, Pool, Scope, TariffLine
from bonuses.models.veto import BarState, Finding, Veto, VetoField, VetoLevel

__all__ = [
    "OPEN_STATES",
    "Adjustment",
    "AdjustmentKind",
    "AdjustmentState",
    "BarState",
    "BatchState",
    "Document",
    "DocumentKind",
    "Finding",
    "Hold",
    "Honoured",
    "Issuer",
    "Kind",
    "Matter",
    "PaperBatch",
    "Pool",
    "Scope",
    "Tally",
    "TariffLine",
    "Veto",
    "VetoField",
    "VetoLevel",
]
