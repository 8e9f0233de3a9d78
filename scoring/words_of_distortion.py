"""Findings of distortion in words: what was found, with its figures, in one sentence.

Which figures there are is told by scoring.distortion.
"""

from __future__ import annotations

from django.utils.translation import gettext as _

from scoring.distortion import Found, Kind


def kind_label(kind: Kind) -> str:
    return {
        Kind.SELF_ABOVE_LEDGER: _("self above ledgers"),
        Kind.SELF_ABOVE_LEAD: _("self above lead"),
        Kind.CLAIM_ABOVE_RETURNS: _("claim above returns"),
        Kind.LATE_JUMP: _("late jump"),
        Kind.FLAT_FULL: _("flat full marks"),
        Kind.FLAT_LEAD: _("lead scores all alike"),
    }[kind]


def sentence(found: Found) -> str:
    """One sentence with the figures the finding rests on."""
    return {
        Kind.SELF_ABOVE_LEDGER: _(
            "Self %(own)s, the ledgers leave %(other)s: %(gap)s above, of a base of %(base)s."
        ),
        Kind.SELF_ABOVE_LEAD: _(
            "Self %(own)s, the lead gave %(other)s: %(gap)s above, of a base of %(base)s."
        ),
        Kind.CLAIM_ABOVE_RETURNS: _(
            "%(figure)s: %(by)s has %(claimed)s %(measure)s, the returns of %(source)s %(reported)s: %(gap)s above."
        ),
        Kind.LATE_JUMP: _(
            "%(figure)s by period (%(source)s): %(values)s %(measure)s; the last one leaps up."
        ),
        Kind.FLAT_FULL: _("Full marks to itself in %(full)s of %(scored)s sub-items."),
        Kind.FLAT_LEAD: _(
            "%(units)s units between %(least)s and %(most)s: weighs %(nominal)s points by the plan, %(effective)s by its scores."
        ),
    }[found.kind] % dict(found.facts)
