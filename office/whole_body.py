"""An upload that breaks off half-way is no upload: a request whose body ends early, or finds no room, is refused whole.

Django takes the end of the connection for the end of the body, so a cut file would look like a whole one.
"""

from __future__ import annotations

import errno
from collections.abc import Callable
from typing import Any, Protocol

from django.http import HttpRequest, HttpResponse
from django.http.request import UnreadablePostError
from django.utils.translation import gettext as _

from office.middleware import refusal_page
from office.refusal import Refused

FULL = frozenset({errno.ENOSPC, errno.EDQUOT})


class Readable(Protocol):
    def read(self, size: int = -1, /) -> bytes: ...
    def readline(self, size: int = -1, /) -> bytes: ...
    def close(self) -> None: ...


class WholeBody:
    """Reads a body of a known length; raises OSError when it ends before that."""

    def __init__(self, stream: Readable, length: int) -> None:
        self._stream, self._left = stream, length

    def read(self, size: int | None = None, /) -> bytes:
        wanted = self._left if size is None or size < 0 else min(size, self._left)
        pieces = []
        while wanted:
            pieces.append(self._told(self._stream.read(wanted)))
            wanted -= len(pieces[-1])
        return b"".join(pieces)

    def readline(self, size: int | None = None, /) -> bytes:
        if not self._left or size == 0:
            return b""
        return self._told(self._stream.readline(-1 if size is None else size))

    def _told(self, data: bytes) -> bytes:
        if not data:
            raise OSError(errno.ECONNRESET, "the body ended early")
        self._left -= len(data)
        return data

    def close(self) -> None:
        self._stream.close()


def refusal_of(error: Exception) -> Refused | None:
    """What to say of an error met while a body was read; None when it is none of these."""
    if isinstance(error, UnreadablePostError):
        return Refused(
            "upload-cut-off",
            _(
                "The connection broke before everything had arrived. Nothing was stored; please send it again."
            ),
            status=400,
        )
    if isinstance(error, OSError) and error.errno in FULL:
        return Refused(
            "disk",
            _(
                "The server has no room left for what you sent. Nothing was changed; please tell the system administrator."
            ),
            status=507,
        )
    return None


class WholeBodyMiddleware:
    """Stands before the check of forgery, which reads the body first of all."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        length = request.headers.get("Content-Length", "")
        stream: Readable | None = getattr(request, "_stream", None)  # where Django keeps the socket
        if stream is not None and length.isascii() and length.isdigit():
            request._stream = WholeBody(stream, int(length))  # type: ignore[assignment]  # what is asked of it is read, readline and close
        return self.get_response(request)

    def process_view(
        self, request: HttpRequest, view: Callable[..., Any], args: tuple[Any, ...], kwargs: dict[str, Any]
    ) -> HttpResponse | None:
        """Read a page's form now; the API reads its own, after it knows who asks (office.problems)."""
        if request.method != "POST" or getattr(view, "csrf_exempt", False):
            return None
        try:
            request.POST  # noqa: B018 -- read for its effect
        except OSError as error:  # UnreadablePostError is one
            refused = refusal_of(error)
            if refused is None:
                raise
            return refusal_page(request, refused)
        return None

    def process_exception(self, request: HttpRequest, exception: Exception) -> HttpResponse | None:
        refused = refusal_of(exception)
        return refusal_page(request, refused) if refused is not None else None
