"""What the result is for.

One module per noun; this file only gathers them.
"""

from awards.models.approval import Approval, Draft, Hearing, Purpose, Way
from awards.models.award import Award, AwardList, ListState, TieRuling
from awards.models.division import Division, DivisionShare, PrizeChange
from awards.models.edition import Edition, EditionFile
from awards.models.filing import Filing
from awards.models.individual import Individual
from awards.models.item_mapping import ItemMapping
from awards.models.nomination import Nomination
from awards.models.reading_ruling import ReadingRuling
from awards.models.rule_change import RuleChange
from awards.models.scheme import AwardScheme, Filling, PrizeLine
from awards.models.single_appraisal import SingleAppraisal

__all__ = [
    "Approval",
    "Award",
    "AwardList",
    "AwardScheme",
    "Division",
    "DivisionShare",
    "Draft",
    "Edition",
    "EditionFile",
    "Filing",
    "Filling",
    "Hearing",
    "Individual",
    "ItemMapping",
    "ListState",
    "Nomination",
    "PrizeChange",
    "PrizeLine",
    "Purpose",
    "ReadingRuling",
    "RuleChange",
    "SingleAppraisal",
    "TieRuling",
    "Way",
]
