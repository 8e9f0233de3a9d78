"""People who get an individual award (§5(3)): one line each, in the classes of the scheme.

Their names come on signed lists; figures play no part.
"""

from __future__ import annotations

from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy as _

from awards.models.scheme import PrizeLine
from units.models import Unit


class Individual(models.Model):
    prize = models.ForeignKey(PrizeLine, models.PROTECT, related_name="individuals", verbose_name=_("class"))
    name = models.CharField(_("name"), max_length=40)
    plain_name = models.CharField(max_length=40, editable=False)  # as it is compared
    unit = models.ForeignKey(Unit, models.PROTECT, related_name="individuals", verbose_name=_("unit"))
    post = models.CharField(_("post"), max_length=60, blank=True)
    merit = models.CharField(_("merit"), max_length=300)
    by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    at = models.DateTimeField(_("at"), auto_now_add=True)

    class Meta:
        verbose_name = _("individual award")
        verbose_name_plural = _("individual awards")
        ordering = ["prize__scheme__order", "prize__order", "id"]

    def __str__(self) -> str:
        return f"{self.name} · {self.prize}"
