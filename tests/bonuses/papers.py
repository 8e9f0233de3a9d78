"""What tests about papers share: the shipped tariff for the cast, small scans, and claims with few words.

The cast itself is in tests/cast.py.
"""

from __future__ import annotations

import io
import zlib
from datetime import date
from decimal import Decimal
from typing import Any

from PIL import Image

from bonuses.actions import adjustments, documents
from bonuses.claims import Claim, PaperDraft
from bonuses.models import Adjustment, Issuer, Pool, TariffLine
from office.models import StoredFile
from tests.cast import Cast

TARIFF = [
    ("表彰", "国家部委及中直部门", 30),
    ("表彰", "省委省政府", 20),
    ("表彰", "省直部门", 10),
    ("表彰", "设区市委市政府", 10),
    ("表彰", "本市", 0),
    ("表彰", "社会中介机构", 0),
    ("前三名", "设区市主管部门", 5),
    ("通报批评", "省委省政府", 30),
    ("通报批评", "省直部门", 30),
    ("通报批评", "设区市委市政府", 20),
    ("通报批评", "本市", 5),
    ("封顶", "", 50),
]
ISSUERS = {
    "国务院办公厅": "国家部委及中直部门",
    "省委": "省委省政府",
    "省人民政府": "省委省政府",
    "省农业厅": "省直部门",
    "设区市委": "设区市委市政府",
    "设区市农业局": "设区市主管部门",
    "市委": "本市",
    "行业协会": "社会中介机构",
}
POOLS = {"重点项目推进工作": "市重点项目推进工作领导小组", "创建卫生城市": "市创建卫生城市领导小组"}


def equip(cast: Cast) -> Cast:
    """The shipped tariff, issuers and pools for the cast's year."""
    for order, (kind, level, points) in enumerate(TARIFF):
        TariffLine.objects.create(
            cycle=cast.cycle, kind=kind, level=level, points=Decimal(points), order=order
        )
    for order, (name, level) in enumerate(ISSUERS.items()):
        Issuer.objects.create(cycle=cast.cycle, name=name, level=level, order=order)
    for order, (name, organiser) in enumerate(POOLS.items()):
        Pool.objects.create(cycle=cast.cycle, name=name, organiser=organiser, cap=Decimal(10), order=order)
    return cast


def png(seed: str = "") -> bytes:
    """A small picture, different for every seed."""
    colour = zlib.crc32(seed.encode()) & 0xFFFFFF
    out = io.BytesIO()
    Image.new("RGB", (8, 8), (colour >> 16, colour >> 8 & 255, colour & 255)).save(out, "PNG")
    return out.getvalue()


def pdf(words: str = "", extra: bytes = b"") -> bytes:
    """A PDF as small as one can be, with `words` somewhere inside."""
    body = (
        b"%PDF-1.4\n1 0 obj<</Type/Catalog/Pages 2 0 R>>endobj\n2 0 obj<</Type/Pages/Kids[]/Count 0>>endobj\n"
    )
    body += b"% " + words.encode() + b"\n" + extra
    return (
        body
        + b"\nxref\n0 1\n0000000000 65535 f \ntrailer<</Root 1 0 R/Size 3>>\nstartxref\n%d\n%%%%EOF\n"
        % len(body)
    )


def scan(cast: Cast, words: str = "扫描件", by: str = "office1") -> StoredFile:
    return documents.keep_file([png(words)], f"{words}.png", cast.hat(by))


def paper(number: str = "省府〔2012〕1号", issuer: str = "省人民政府", **more: Any) -> PaperDraft:
    values: dict[str, Any] = {
        "number": number,
        "issuer": issuer,
        "title": f"关于表彰{number}的决定",
        "on": date(2012, 6, 1),
    }
    return PaperDraft(**values | more)


def claim(
    cast: Cast,
    *units: str,
    by: str = "office1",
    kind: str = "表彰",
    number: str = "省府〔2012〕1号",
    issuer: str = "省人民政府",
    file: StoredFile | None = None,
    paper_: PaperDraft | None = None,
    **more: Any,
) -> Adjustment:
    """Propose, and return the first adjustment made."""
    draft = paper_ or paper(number, issuer)
    return adjustments.propose(
        by=cast.hat(by),
        cycle=cast.cycle,
        units=[cast.units[unit] for unit in units or ("青山乡",)],
        claim=Claim(kind=kind, **more),
        paper=draft,
        file=file or scan(cast, draft.number or draft.title, by),
    )[0]


def verified(cast: Cast, *units: str, second: str = "office2", **more: Any) -> Adjustment:
    row = claim(cast, *units, **more)
    return adjustments.verify(
        by=cast.hat(second), cycle=cast.cycle, adjustment_id=row.pk, version=row.version
    )
