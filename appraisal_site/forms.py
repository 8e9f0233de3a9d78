"""Forms of pages that show more than one app.

What is allowed is decided by the actions; a form only reads what was typed.
"""

from __future__ import annotations

from django import forms
from django.utils.translation import gettext_lazy as _


class CopyYearForm(forms.Form):
    """Asks for the new year; the code is the year unless a unit appraises its own people."""

    year = forms.IntegerField(label=_("Year"), min_value=2000, max_value=2999)
    code = forms.CharField(
        label=_("Code"),
        max_length=40,
        required=False,
        help_text=_("Leave it empty to use the year; a unit's own appraisal has a code such as 2013-农业局."),
    )
    name = forms.CharField(label=_("Name"), max_length=120)
