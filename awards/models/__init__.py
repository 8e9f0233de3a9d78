"""What the result is for.

One module per noun; this file only gathers them.
"""

from awards.models.approval import Approval, Draft, Hearing, Purpose, Way
from awards.models.edition import Edition, EditionFile
from awards.models.scheme import AwardScheme, PrizeLine

__all__ = [
    "Approval",
    "AwardScheme",
    "Draft",
    "Edition",
    "EditionFile",
    "Hearing",
    "PrizeLine",
    "Purpose",
    "Way",
]
