"""Sets a page of HTML as PDF by WeasyPrint: packaged styles and faces only, nothing fetched from anywhere.

What stands on the page is the business of the app that asks.
"""

from __future__ import annotations

import shutil
import subprocess
from collections.abc import Callable, Sequence
from functools import lru_cache
from pathlib import Path
from typing import Any

from django.conf import settings
from django.utils.translation import gettext as _

from office.refusal import Refused

FACES = {".ttf", ".otf", ".ttc", ".woff2"}


def _weasyprint() -> Any:
    """The library, imported only here: without pango it cannot even be imported."""
    try:
        import weasyprint
        from PIL import ImageFile
    except (ImportError, OSError) as error:
        raise Refused(
            "no-pdf-library",
            _(
                "PDFs cannot be set on this machine (%(why)s). Please install libpango-1.0-0, libpangoft2-1.0-0 and libharfbuzz-subset0; everything else works meanwhile."
            )
            % {"why": str(error).splitlines()[0][:120]},
            status=503,
        ) from error
    # It lets Pillow take half pictures, in the whole process: evidence that breaks off would be kept.
    ImageFile.LOAD_TRUNCATED_IMAGES = False
    return weasyprint


def _font_files() -> list[Path]:
    folder = str(getattr(settings, "FONT_FOLDER", "") or "")
    if not folder or not Path(folder).is_dir():
        return []
    return sorted(path for path in Path(folder).iterdir() if path.suffix.lower() in FACES)


@lru_cache(maxsize=4)
def has_chinese_face(font_folder: str) -> bool:
    """True when some face holds Chinese signs; without one the paper would be full of boxes, silently."""
    if (
        font_folder
        and Path(font_folder).is_dir()
        and any(p.suffix.lower() in FACES for p in Path(font_folder).iterdir())
    ):
        return True
    program = shutil.which("fc-list")
    if program is None:
        return True  # nothing to ask; fontconfig itself comes with pango
    found = subprocess.run(  # noqa: S603 -- a fixed program without anything from outside
        [program, ":lang=zh-cn", "family"], capture_output=True, timeout=30, check=False
    )
    return bool(found.stdout.strip())


def require_ready() -> None:
    """Raise Refused saying what to install when papers could not be set."""
    _weasyprint()
    if not has_chinese_face(str(getattr(settings, "FONT_FOLDER", "") or "")):
        raise Refused(
            "no-chinese-face",
            _(
                "No Chinese typeface is installed, so papers cannot be set. Please install fonts-noto-cjk and fonts-arphic-ukai, or name a folder of faces in FONT_FOLDER."
            ),
            status=503,
        )


def _face_rules() -> str:
    """@font-face rules for the licensed faces of the font folder, by the family names in the files."""
    from fontTools.ttLib import TTFont

    rules = []
    for path in _font_files():
        with TTFont(path, fontNumber=0, lazy=True) as font:
            names = {str(n.toUnicode()) for n in font["name"].names if n.nameID in {1, 4, 16}}
        rules += [
            f'@font-face {{ font-family: "{name}"; src: url("{path.as_uri()}"); }}'
            for name in sorted(names)
            if '"' not in name and "\\" not in name
        ]
    return "\n".join(rules)


def _fetcher() -> Any:
    """Gives out the faces of the font folder only; everything else, the network above all, is refused."""
    from weasyprint.urls import URLFetcher, URLFetcherResponse

    allowed = {path.as_uri(): path for path in _font_files()}

    class FacesOnly(URLFetcher):  # type: ignore[misc]  # the library ships no types
        def fetch(self, url: str, headers: Any = None) -> Any:
            if url not in allowed:
                raise ValueError(f"papers fetch nothing: {url[:80]}")
            return URLFetcherResponse(url, allowed[url].read_bytes(), {"Content-Type": "font/sfnt"})

    return FacesOnly()


def render(html: str, *, identifier: str = "") -> bytes:
    """The page as PDF; the same HTML gives the same bytes.

    `identifier` is kept inside the file. Raises Refused when pango or a Chinese face is missing.
    """
    return render_many([html], identifier=identifier)


def render_many(
    papers: Sequence[str],
    *,
    identifier: str = "",
    step: Callable[[int, int], None] = lambda _done, _total: None,
) -> bytes:
    """Several papers one after another in one PDF, each numbered by itself; `step` hears (done, total)."""
    require_ready()
    weasyprint = _weasyprint()
    from weasyprint.text.fonts import FontConfiguration

    fonts, fetcher = FontConfiguration(), _fetcher()
    sheets = []
    rules = _face_rules()
    if rules:
        sheets.append(weasyprint.CSS(string=rules, font_config=fonts, url_fetcher=fetcher))
    documents = []
    for number, html in enumerate(papers, start=1):
        document = weasyprint.HTML(string=html, url_fetcher=fetcher, base_url="about:blank")
        documents.append(document.render(stylesheets=sheets, font_config=fonts))
        step(number, len(papers))
    pages = [page for document in documents for page in document.pages]
    content: bytes = (
        documents[0].copy(pages).write_pdf(pdf_identifier=(identifier or "appraisal").encode()[:32])
    )
    return content
