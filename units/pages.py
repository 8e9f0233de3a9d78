"""The door of every page: its row of the matrix, its methods, the year it shows.

What an act about one unit or one sub-item needs beyond the role is asked by the action or the view itself.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import wraps
from typing import TYPE_CHECKING, Any, cast

from django.contrib import messages
from django.contrib.auth.views import redirect_to_login
from django.http import HttpRequest, HttpResponse, HttpResponseBase, HttpResponseNotAllowed
from django.shortcuts import redirect
from django.utils.http import content_disposition_header
from django.utils.translation import gettext as _

from office import audit, page_tables
from office.files import XLSX
from office.refusal import Refused
from office.workbook.writer import write_workbook
from units import matrix
from units.hats import Hat
from units.matrix import Role
from units.middleware import HattedRequest
from units.models import Cycle
from units.permissions import require

if TYPE_CHECKING:
    from django_htmx.middleware import HtmxDetails

    from office.models import User

# Reading rows that the stage closes as well: nobody may look before the hearing (rulebook 8).
READ_BY_STAGE = frozenset({"G02", "G03", "G04", "G05"})
# Where one who must change the password may still go.
OPEN_WITH_OLD_PASSWORD = frozenset({"A01", "A03"})
DENIALS = frozenset({403, 404})


class PageRequest(HattedRequest):
    """What a view behind @page may rely on: somebody signed in, and the year of its address.

    Only pages of row A01 may meet an anonymous reader or a `hat` of None; `cycle` is set below /years/CODE/.
    """

    user: User
    hat: Hat
    cycle: Cycle
    htmx: HtmxDetails
    tables_query: str  # set where the page's tables can be had as a workbook


View = Callable[..., HttpResponseBase]


def is_for_every_account(row: str) -> bool:
    """True when every role but the anonymous one is allowed: such a page is open to an account without a role."""
    return all(
        not grant.is_denied for role, grant in matrix.load()[row].items() if role is not Role.ANONYMOUS
    )


def page(
    row: str, *others: str, methods: Sequence[str] = ("GET",), tables: bool = False
) -> Callable[[View], View]:
    """Let the view be called by those whom `row` of the matrix names, and by these methods only.

    With `others` a page serves several acts, and whoever any of the rows names may open it.

    `code` of the address becomes request.cycle; an unknown one is 404. Not signed in → the sign-in page. A role
    that the row denies, a result before its publication and, for G02 to G05, a year before its hearing are
    Refused. Every denial, the view's own included, is written in the log. The view carries `permission_row`.

    With `tables` whoever sees the page may have its tables as a workbook (`?tables=xlsx`); base.html shows the way.
    """
    rows = (row, *others)
    allowed = tuple(dict.fromkeys(("HEAD", *methods) if "GET" in methods else methods))

    def decorate(view: View) -> View:
        @wraps(view)
        def door(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
            if request.method not in allowed:
                return HttpResponseNotAllowed(allowed)
            turned_away = _turn_away(request, rows)
            if turned_away is not None:
                return turned_away
            try:
                if "code" in kwargs:
                    cast(PageRequest, request).cycle = _cycle_of(kwargs.pop("code"))
                _require_role(request, rows)
                if not tables:
                    return view(request, *args, **kwargs)
                cast(PageRequest, request).tables_query = f"{_without_tables(request)}tables=xlsx"
                return _with_tables(request, view(request, *args, **kwargs))
            except Refused as refusal:
                if refusal.status in DENIALS:
                    log_denial(request, row, refusal)
                raise

        door.permission_row = rows if others else row  # type: ignore[attr-defined]  # read by the test of the matrix
        door.methods = allowed  # type: ignore[attr-defined]  # read by the test of the matrix
        return door

    return decorate


def _without_tables(request: HttpRequest) -> str:
    query = request.GET.copy()
    query.pop("tables", None)
    return f"{query.urlencode()}&" if query else ""


def _with_tables(request: HttpRequest, answer: HttpResponseBase) -> HttpResponseBase:
    """The page, or its tables as a workbook where those are asked for."""
    wanted = request.method == "GET" and request.GET.get("tables") == "xlsx"
    if not wanted or answer.status_code != 200 or not isinstance(answer, HttpResponse):
        return answer
    sheets = page_tables.sheets_of(answer.content.decode())
    if not sheets:
        messages.info(request, _("There is no table on this page yet."))
        return redirect(f"{request.path}?{_without_tables(request)}")
    book = HttpResponse(write_workbook(sheets), content_type=XLSX)
    code = f"{request.cycle.code}-" if hasattr(request, "cycle") else ""
    book["Cache-Control"] = "private, no-store"
    book["Content-Disposition"] = content_disposition_header(True, f"{code}{sheets[0].name}.xlsx") or ""
    return book


def _turn_away(request: HttpRequest, rows: Sequence[str]) -> HttpResponse | None:
    """To the sign-in page, or to the page where the password is changed; None lets the request on."""
    if not request.user.is_authenticated:
        if all(matrix.grant(row, Role.ANONYMOUS).is_denied for row in rows):
            back = request.get_full_path() if request.method == "GET" else "/"
            return redirect_to_login(back)
        return None
    if request.user.must_change_password and not OPEN_WITH_OLD_PASSWORD.intersection(rows):
        return redirect("password")
    return None


def _cycle_of(code: str) -> Cycle:
    cycle = Cycle.objects.select_related("host").filter(code=code).first()
    if cycle is None:
        raise Refused("not-found", _("There is no year “%(code)s”.") % {"code": code}, status=404)
    return cycle


def _require_role(request: HttpRequest, rows: Sequence[str]) -> None:
    """The role part of the matrix; the stage only for what may not even be read before its time."""
    hat = hat_of(request)
    if hat is None:
        if not request.user.is_authenticated or any(map(is_for_every_account, rows)):
            return
        raise Refused(
            "no-role",
            _("Your account holds no role yet. Please ask the security administrator for one."),
            status=403,
        )
    cycle: Cycle | None = getattr(request, "cycle", None)
    hat = _same_hat_of(request, hat, cycle)
    row = next((one for one in rows if not matrix.grant(one, hat.role).is_denied), rows[0])
    grant = matrix.grant(row, hat.role)
    if grant.is_denied or grant.published or row in READ_BY_STAGE or not hat.fits(cycle):
        require(row, hat, cycle)


def _same_hat_of(request: HttpRequest, hat: Hat, cycle: Cycle | None) -> Hat:
    """The worn hat, or the person's hat of the same role and unit in the year of the address (roles are per year)."""
    if hat.fits(cycle):
        return hat
    hatted = cast(HattedRequest, request)
    same = next(
        (h for h in hatted.hats if (h.role, h.unit_id) == (hat.role, hat.unit_id) and h.fits(cycle)), None
    )
    if same is None:
        return hat
    hatted.hat = same
    return same


def log_denial(request: HttpRequest, row: str, refusal: Refused) -> None:
    """Write the denial in the log; a view that answers a refusal itself calls this for what it caught."""
    if request.user.is_authenticated:
        audit.record_denial(
            hat_of(request) or Hat(request.user, Role.ANONYMOUS),
            row,
            refusal.sentence,
            target=f"{request.method} {request.path}",
        )


def hat_of(request: HttpRequest) -> Hat | None:
    """The hat worn, None without one; request.hat is lazy and so never *is* None."""
    hat = cast(HattedRequest, request).hat
    return hat if hat else None
