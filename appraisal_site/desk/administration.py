"""The desks outside every year: auditor, system administrator, security administrator.

They hold no figure of a year.
"""

from __future__ import annotations

from datetime import timedelta

from axes.models import AccessAttempt
from django.conf import settings
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from appraisal_site.desk.pieces import FAILED_SINCE, Desk, task
from appraisal_site.sections import way
from office.models import AuditEntry, Job, JobState, SystemRole, SystemRoleKind, User
from office.views import worker_state
from scoring import readiness
from units.hats import Hat
from units.models import RoleAssignment


def auditor(desk: Desk, hat: Hat) -> None:
    """The log: how long, what was denied, when the chain was last verified."""
    newest = AuditEntry.objects.order_by("-number").values_list("number", flat=True).first() or 0
    verified = AuditEntry.objects.filter(act="log.verified").first()
    week = timezone.now() - timedelta(days=7)
    denied = AuditEntry.objects.filter(act="denied", at__gt=week).count()
    if verified is None or verified.at < week:
        desk.tasks.append(
            task(
                _("Verify the chain of the log"),
                _("It was never verified.")
                if verified is None
                else _("Last verified up to entry %(number)d.") % {"number": verified.number - 1},
                way("log"),
                _("Verify"),
                due=None if verified is None else verified.at + timedelta(days=7),
            )
        )
    if denied:
        desk.tasks.append(
            task(
                _("Denied acts"),
                ngettext(
                    "%(count)d act was denied in the last seven days.",
                    "%(count)d acts were denied in the last seven days.",
                    denied,
                )
                % {"count": denied},
                f"{way('log')}?act=denied",
                _("Look"),
                count=denied,
            )
        )
    desk.tiles += [
        (_("Log entries"), newest, ""),
        (_("Denied in seven days"), denied, ""),
        (
            _("Chain"),
            _("verified") if verified is not None else _("not verified"),
            f"{timezone.localtime(verified.at):%Y-%m-%d %H:%M}" if verified is not None else "",
        ),
    ]


def _accounts(desk: Desk) -> None:
    people = User.objects.filter(is_active=True)
    desk.tiles += [
        (_("Accounts"), people.count(), _("active")),
        (_("Never signed in"), people.filter(last_login=None).count(), ""),
    ]


def system(desk: Desk, hat: Hat) -> None:
    """Accounts, locks, the worker, failed jobs."""
    _accounts(desk)
    locked = AccessAttempt.objects.filter(failures_since_start__gte=settings.AXES_FAILURE_LIMIT).count()
    if locked:
        desk.tasks.append(
            task(
                _("Locked sign-ins"),
                ngettext("%(count)d account is locked.", "%(count)d accounts are locked.", locked)
                % {"count": locked},
                way("admin:index"),
                _("Unlock"),
                count=locked,
            )
        )
    if worker_state() == "behind":
        desk.tasks.append(
            task(
                _("The worker is behind"),
                _("Work has waited longer than a minute; please see whether the worker runs."),
                way("health"),
                _("Look"),
            )
        )
    failed = Job.objects.filter(
        state__in=[JobState.FAILED, JobState.LOST], created_at__gt=timezone.now() - FAILED_SINCE
    )
    if count := failed.count():
        desk.tasks.append(
            task(
                _("Failed jobs"),
                _("The latest: %(title)s") % {"title": failed[0].title},
                way("jobs") or way("admin:index"),
                _("Look"),
                count=count,
            )
        )
    desk.tiles.append((_("Worker"), _("behind") if worker_state() == "behind" else _("in order"), ""))


def security(desk: Desk, hat: Hat) -> None:
    """Accounts without a role, system roles nobody holds or that are held beside others."""
    _accounts(desk)
    bare = User.objects.filter(is_active=True, is_superuser=False, roles=None, system_roles=None)
    if count := bare.count():
        desk.tasks.append(
            task(
                _("Accounts without a role"),
                "、".join(readiness.naming(str(user) for user in bare)),
                way("admin:index"),
                _("Grant"),
                count=count,
            )
        )
    held = set(SystemRole.objects.values_list("kind", flat=True))
    for kind in SystemRoleKind:
        if kind not in held:
            desk.tasks.append(
                task(
                    _("Nobody is %(role)s") % {"role": kind.label},
                    _("The three system roles are three persons."),
                    way("admin:index"),
                    _("Grant"),
                )
            )
    both = User.objects.filter(system_roles__isnull=False, roles__isnull=False).distinct()
    if count := both.count():
        desk.tasks.append(
            task(
                _("System roles beside others"),
                "、".join(readiness.naming(str(user) for user in both)),
                way("admin:index"),
                _("Look"),
                count=count,
            )
        )
    desk.tiles.append((_("Roles granted"), RoleAssignment.objects.count() + len(held), ""))
