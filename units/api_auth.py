"""The API's door: the hat of a session or of a token, and the row of the matrix that every method carries.

What an act about one unit, one sub-item or one stage needs beyond the role is asked by the action itself.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, cast

from django.utils.translation import gettext as _
from rest_framework import exceptions
from rest_framework.permissions import BasePermission
from rest_framework.request import Request
from rest_framework.response import Response

from office.models import ApiToken
from office.refusal import Refused
from units import permissions
from units.hats import Hat, hats_of
from units.middleware import worn_hat
from units.models import Block, Cycle

if TYPE_CHECKING:
    # REST framework imports this module while it loads its own views.
    from rest_framework.views import APIView

    from office.models import User

TOKEN_ROW = "L13"  # noqa: S105 -- a row of the matrix, no secret
LONGEST_BODY = 1_000_000  # bytes of a JSON request; a view that takes a file names its own `longest_body`

Rows = tuple[str, ...]
_TELLING = ("not-published", "stage-closed")


def hat_of(request: Request) -> Hat | None:
    """The hat worn in the browser, or the one a token was made for while its owner still holds that role."""
    user = cast("User", request.user)
    hats = hats_of(user)
    if isinstance(request.auth, ApiToken):
        hat = next((hat for hat in hats if str(hat.role) == request.auth.role), None)
        if hat is None:
            raise exceptions.AuthenticationFailed(_("The owner of this token no longer holds its role."))
        return hat
    return worn_hat(request._request, hats)


def rows_of(view: APIView, method: str) -> Rows | None:
    """The rows of the matrix that let a method through, one of which must; None when it carries none."""
    carried: Mapping[str, str | Rows] = getattr(view, "permission_row", {})
    key = getattr(view, "action", None) or {"head": "get"}.get(method.lower(), method.lower())
    rows = carried.get(key)
    return (rows,) if isinstance(rows, str) else rows


class InTheMatrix(BasePermission):
    """Lets a request through when a row its method carries grants the hat's role anything at all.

    Sets `request.hat`. A method without a row is a mistake of ours and stops with LookupError.
    """

    def has_permission(self, request: Request, view: APIView) -> bool:
        if not request.user.is_authenticated:
            return False
        self._require_small_body(request, getattr(view, "longest_body", LONGEST_BODY))
        method = cast(str, request.method)
        if getattr(view, "action", "") is None or not hasattr(view, method.lower()):
            raise exceptions.MethodNotAllowed(method)
        rows = rows_of(view, method)
        if not rows:
            raise LookupError(f"{type(view).__name__}.{method} carries no row of the matrix")
        hat = hat_of(request)
        request.hat = hat  # type: ignore[attr-defined]  # read through hat_worn()
        request.permission_rows = rows  # type: ignore[attr-defined]  # named in the log when the act is denied
        require_any_role(rows, hat, request.user)
        if isinstance(request.auth, ApiToken):
            permissions.require(TOKEN_ROW, hat)
        return True

    @staticmethod
    def _require_small_body(request: Request, most: int) -> None:
        try:
            length = int(request.META.get("CONTENT_LENGTH") or 0)
        except ValueError:
            length = 0
        if length > most:
            raise Refused(
                "too-large",
                _("The request has %(length)d bytes; at most %(most)d are read.")
                % {"length": length, "most": most},
                status=413,
            )


def require_any_role(rows: Rows, hat: Hat | None, user: User) -> None:
    """Raise Refused when every row denies the role, the password is due, or the account has no role."""
    if user.must_change_password:
        raise Refused(
            "password-due", _("Please sign in with a browser and change your password first."), status=403
        )
    if hat is None:
        raise Refused(
            "no-role",
            _("Your account holds no role yet. Please ask the security administrator for one."),
            status=403,
        )
    if all(permissions.grant_of(row, hat).is_denied for row in rows):
        permissions.require(rows[0], hat)


def hat_worn(request: Request) -> Hat:
    """The hat InTheMatrix found; only for views behind it."""
    return cast(Hat, request.hat)  # type: ignore[attr-defined]  # set by InTheMatrix


def first_row(
    rows: Rows, hat: Hat, cycle: Cycle, *, block: Block | None = None, unit_id: int | None = None
) -> str:
    """The first row that lets the hat in now.

    Raises the refusal that says most: a stage that is still to come, before "not published", before a plain no.
    """
    refusals: list[Refused] = []
    for row in rows:
        try:
            permissions.require(row, hat, cycle, block=block, unit_id=unit_id)
        except Refused as refused:
            refusals.append(refused)
        else:
            return row
    raise max(refusals, key=lambda refused: _TELLING.index(refused.code) if refused.code in _TELLING else -1)


def find_cycle(hat: Hat, code: str) -> Cycle:
    """The cycle of that code; one the hat does not fit is not there for it."""
    cycle = None if "\x00" in code else Cycle.objects.filter(code=code).first()
    if cycle is None or not hat.fits(cycle):
        raise Refused("not-found", _("There is no year “%(code)s”.") % {"code": code[:40]}, status=404)
    return cycle


class Private:
    """Answers are the asker's own: no shared store keeps them, and a changed hat asks again."""

    def finalize_response(self, request: Request, response: Response, *args: Any, **kwargs: Any) -> Response:
        answer: Response = super().finalize_response(request, response, *args, **kwargs)  # type: ignore[misc]  # mixed into APIView
        answer.headers.setdefault("Cache-Control", "private, no-cache")
        return answer
