"""What the result is for.

One module per noun; this file only gathers them.
"""

from awards.models.award import Award, AwardList, ListState, TieRuling
from awards.models.division import Division, DivisionShare, PrizeChange
from awards.models.individual import Individual
from awards.models.nomination import Nomination
from awards.models.reading_ruling import ReadingRuling
from awards.models.scheme import AwardScheme, Filling, PrizeLine

__all__ = [
    "Award",
    "AwardList",
    "AwardScheme",
    "Division",
    "DivisionShare",
    "Filling",
    "Individual",
    "ListState",
    "Nomination",
    "PrizeChange",
    "PrizeLine",
    "ReadingRuling",
    "TieRuling",
]
