"""Registers the app with Django.

Wiring that must run at start is in ready().
"""

from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class AppraisalSiteConfig(AppConfig):
    name = "appraisal_site"
    verbose_name = _("Site")

    def ready(self) -> None:
        """Lend the administration, which stands below, the words of the log's acts."""
        from appraisal_site import reminding  # noqa: F401 -- registers its job with the worker
        from appraisal_site.deeds import WORDS
        from units.administration import ACT_WORDS

        ACT_WORDS.update(WORDS)
