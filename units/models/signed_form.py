"""A form on paper (代录): printed with a code, signed and stamped, scanned, compared with the screen by a second person.

What a form says and what its signature brings about is told by its kind (units.paper_forms).
"""

from __future__ import annotations

from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy as _

from office.models import StoredFile
from units.models.cycle import Cycle
from units.models.unit import Unit


class FormState(models.TextChoices):
    PRINTED = "printed", _("printed, the signed paper is awaited")
    SCANNED = "scanned", _("scan is here, to be compared")
    COUNTED = "counted", _("compared, counts as signed")
    DIFFERS = "differs", _("paper and screen differ")
    VOID = "void", _("void, printed anew")


class SignedForm(models.Model):
    """One print of one form.  `about_id` is the number of what it is about, `kind` says of which records.

    `figures_digest` is that of the figures as printed; '' for a form that was printed empty, to be filled by pen.
    """

    cycle = models.ForeignKey(Cycle, models.CASCADE, related_name="signed_forms")
    kind = models.CharField(_("kind"), max_length=20)
    about_id = models.PositiveBigIntegerField(_("number"))
    unit = models.ForeignKey(
        Unit, models.PROTECT, null=True, blank=True, related_name="signed_forms", verbose_name=_("signed by")
    )
    code = models.CharField(_("form code"), max_length=9, unique=True)
    title = models.CharField(_("title"), max_length=200)
    figures_digest = models.CharField(_("digest as printed"), max_length=64, blank=True)
    state = models.CharField(_("state"), max_length=10, choices=FormState.choices, default=FormState.PRINTED)
    printed_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    printed_at = models.DateTimeField(_("printed at"))
    scan = models.ForeignKey(
        StoredFile, models.PROTECT, null=True, blank=True, related_name="+", verbose_name=_("scan")
    )
    scanned_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, blank=True, related_name="+"
    )
    scanned_at = models.DateTimeField(_("scan handed in"), null=True, blank=True)
    compared_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, blank=True, related_name="+"
    )
    compared_at = models.DateTimeField(_("compared at"), null=True, blank=True)
    compared_digest = models.CharField(_("digest as compared"), max_length=64, blank=True)
    remark = models.CharField(_("what differs"), max_length=300, blank=True)

    class Meta:
        verbose_name = _("signed form")
        verbose_name_plural = _("signed forms")
        ordering = ["-id"]
        indexes = [models.Index(fields=["cycle", "kind", "about_id"], name="form_by_subject")]
        constraints = [
            models.UniqueConstraint(
                fields=["cycle", "kind", "about_id"],
                condition=models.Q(state__in=["printed", "scanned", "counted", "differs"]),
                name="one_form_in_force",
            )
        ]

    def __str__(self) -> str:
        return f"{self.title} {self.code}"

    @property
    def printed_empty(self) -> bool:
        return not self.figures_digest
