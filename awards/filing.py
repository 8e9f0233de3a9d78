"""What lies in a package for the organization department, and writing it as one archive (§7(4)).

It opens without the product: a table of contents as a page and as a paper, workbooks, PDFs, and a verifier.
Who builds and who accepts it is told by awards.actions.filing.
"""

from __future__ import annotations

import hashlib
import html
import json
import re
import zipfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from django.template.loader import render_to_string
from django.utils.translation import gettext as _

from awards import award_queries, filing_verifier, paylist, queries
from awards.edition import EDITION_FILE, canonical, digest_of
from awards.filing_sources import sources_of
from awards.models import Division, Edition
from office import audit, files, pdf
from office.models import AuditEntry, StoredFile
from office.workbook.writer import ColumnOut, SheetOut, write_workbook
from scoring.models import Cell, ScoreKind
from units.models import Cycle

FORMAT = "appraisal-filing-1"
MANIFEST_FILE, VERIFIER_FILE = filing_verifier.MANIFEST, "verify.py"
INDEX_PAPER, INDEX_PAGE = "卷内目录.pdf", "目录.html"
SUFFIXES = {
    files.PDF: "pdf",
    files.PNG: "png",
    files.JPEG: "jpg",
    files.XLSX: "xlsx",
    files.XLS: "xls",
    files.DOCX: "docx",
    files.OFD: "ofd",
    files.ZIP: "zip",
}
Step = Callable[[int, int, str], None]


@dataclass(frozen=True, slots=True)
class Line:
    """One line of the table of contents 卷内目录."""

    path: str
    title: str
    number: str  # 文号
    issuer: str  # 责任者
    on: str
    pages: int | None


@dataclass
class Package:
    """The archive while it is written: each file with its digest, in the order of its table of contents."""

    archive: zipfile.ZipFile
    files: list[dict[str, Any]] = field(default_factory=list)
    lines: list[Line] = field(default_factory=list)

    def put(
        self, path: str, content: bytes, title: str = "", *, number: str = "", issuer: str = "", on: str = ""
    ) -> None:
        self.archive.writestr(_entry(path), content)
        self.files.append({"name": path, "sha256": digest_of(content), "size": len(content)})
        if title:
            self.lines.append(Line(path, title, number, issuer, on, pages_in(content)))

    def count_by_folder(self) -> dict[str, int]:
        found: dict[str, int] = {}
        for row in self.files:
            folder = row["name"].partition("/")[0] if "/" in row["name"] else ""
            if folder:
                found[folder] = found.get(folder, 0) + 1
        return found


def _entry(path: str) -> zipfile.ZipInfo:
    """A fixed time, so that the same content gives the same bytes."""
    entry = zipfile.ZipInfo(path, (1980, 1, 1, 0, 0, 0))
    entry.compress_type = zipfile.ZIP_DEFLATED
    entry.external_attr = 0o644 << 16
    return entry


def pages_in(content: bytes) -> int | None:
    """Pages of a PDF that tells them plainly; None for anything else."""
    if not content.startswith(b"%PDF-"):
        return None
    return len(re.findall(rb"/Type\s*/Page[^s\w]", content)) or None


def write(cycle: Cycle, edition: Edition, number: int, target: Path, step: Step) -> dict[str, Any]:
    """Write the archive to `target` and return its manifest.

    One stored file is in memory at a time. Raises Refused when a stored file is lost or altered, or when the
    table of contents cannot be set as a paper on this machine.
    """
    pdf.require_ready()
    editions = list(queries.sealed(cycle).order_by("number"))
    sources = sources_of(cycle)
    parts = len(editions) + len(sources) + 4
    with zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED, strict_timestamps=False) as archive:
        package = Package(archive)
        for done, one in enumerate(editions):
            step(done, parts, _("Edition %(number)d") % {"number": one.number})
            _put_edition(package, one)
        for done, source in enumerate(sources, len(editions)):
            step(done, parts, source.title[:80])
            _put_stored(
                package,
                source.folder,
                source.stored,
                source.title,
                number=source.number,
                issuer=source.issuer,
                on=source.on,
            )
        step(parts - 4, parts, _("Scores"))
        package.put("考评数据/评分.xlsx", scores_workbook(cycle), "各中项自评、测评、初评和实地考评得分")
        step(parts - 3, parts, _("Prizes"))
        package.put("奖励/获奖与奖金.xlsx", prizes_workbook(cycle), "获奖名单、奖金分配及补发收回")
        step(parts - 2, parts, _("Log"))
        end = _put_log(package, cycle)
        step(parts - 1, parts, _("Table of contents"))
        package.put(INDEX_PAPER, index_paper(cycle, edition, number, package.lines))
        package.put(INDEX_PAGE, index_page(cycle, edition, number, package.lines))
        package.put(VERIFIER_FILE, Path(filing_verifier.__file__).read_bytes())
        manifest: dict[str, Any] = {
            "format": FORMAT,
            "cycle": cycle.code,
            "name": cycle.name,
            "host": cycle.host.name,
            "number": number,
            "editions": [
                {
                    "number": one.number,
                    "folder": edition_folder(one),
                    "digest": one.digest,
                    "code": one.code,
                    "reason": one.reason,
                }
                for one in editions
            ],
            "log": end,
            "files": sorted(package.files, key=lambda row: str(row["name"])),
        }
        manifest["digest"] = digest_of(canonical(manifest))
        archive.writestr(_entry(MANIFEST_FILE), canonical(manifest))
    step(parts, parts, _("Table of contents"))
    return manifest | {"contents": package.count_by_folder()}


def edition_folder(found: Edition) -> str:
    return f"公布稿/第{found.number}版"


def _put_edition(package: Package, found: Edition) -> None:
    on = found.sealed_at.date().isoformat() if found.sealed_at else ""
    for row in found.files.select_related("file"):
        title = f"第{found.number}版 {row.title}"
        package.put(
            f"{edition_folder(found)}/{row.name}",
            files.read(row.file),
            title,
            number=found.document_number,
            issuer=found.cycle.host.name,
            on=on,
        )


def _put_stored(
    package: Package, folder: str, stored: StoredFile, title: str, *, number: str, issuer: str, on: str
) -> None:
    content = files.read(stored)
    place = 1 + sum(row["name"].startswith(f"{folder}/") for row in package.files)
    suffix = SUFFIXES.get(stored.content_type) or (stored.name.rpartition(".")[2][:8] or "bin")
    plain = re.sub(r'[\\/:*?"<>|\s]+', " ", title).strip()[:60] or "文件"
    package.put(f"{folder}/{place:04d} {plain}.{suffix}", content, title, number=number, issuer=issuer, on=on)


def _put_log(package: Package, cycle: Cycle) -> dict[str, Any]:
    """The whole chain; entries of this year in full, of others only their link. Returns the chain's end."""
    lines, last = [], {"number": 0, "digest": audit.GENESIS}
    rows: list[list[str]] = []
    for entry in AuditEntry.objects.order_by("number").iterator(chunk_size=2000):
        link: dict[str, Any] = {
            "number": entry.number,
            "previous": entry.previous_digest,
            "digest": entry.digest,
        }
        if entry.cycle_code == cycle.code:
            link["entry"] = audit.sealed_fields(entry)
            rows.append(
                [
                    str(entry.number),
                    audit.instant(entry.at),
                    entry.user_name or entry.user_id_text,
                    entry.role,
                    entry.act,
                    entry.object_text,
                    entry.details,
                ]
            )
        lines.append(json.dumps(link, ensure_ascii=False, separators=(",", ":")))
        last = {"number": entry.number, "digest": entry.digest}
    package.put(filing_verifier.LOG, "\n".join(lines).encode(), "操作日志（数据）")
    columns = [ColumnOut(title) for title in ("序号", "时间", "人员", "身份", "动作", "对象", "内容")]
    package.put(
        "日志/日志.xlsx", write_workbook([SheetOut("日志", columns, rows, spare_rows=0)]), "操作日志（表格）"
    )
    return last


# Workbooks for people


def scores_workbook(cycle: Cycle) -> bytes:
    """A sheet per block: every cell with its four scores and why it does not involve the unit."""
    points: dict[int, dict[str, Any]] = {}
    for cell, kind, value in Cell.objects.filter(block__cycle=cycle, scores__isnull=False).values_list(
        "pk", "scores__kind", "scores__points"
    ):
        points.setdefault(cell, {})[kind] = value
    columns = [ColumnOut(title) for title in ("单位", "大项", "中项")]
    columns += [ColumnOut(str(kind.label), "number", cycle.places) for kind in ScoreKind]
    columns += [ColumnOut("不涉及"), ColumnOut("理由", width=40)]
    sheets: dict[str, list[list[Any]]] = {}
    cells = Cell.objects.filter(block__cycle=cycle).order_by(
        "block__order", "membership__unit__order", "sub_item__item__order", "sub_item__order"
    )
    for pk, block, unit, item, sub, state, why in cells.values_list(
        "pk",
        "block__name",
        "membership__unit__name",
        "sub_item__item__name",
        "sub_item__name",
        "involvement",
        "involvement_reason",
    ):
        marks = points.get(pk, {})
        sheets.setdefault(block, []).append(
            [
                unit,
                item,
                sub,
                *(marks.get(str(kind)) for kind in ScoreKind),
                "是" if state == "confirmed" else "",
                why,
            ]
        )
    return write_workbook([SheetOut(name[:28], columns, rows, spare_rows=0) for name, rows in sheets.items()])


def prizes_workbook(cycle: Cycle) -> bytes:
    """The decided awards with every person's part, and what a new list pays again and takes back."""
    awards = [award for award in award_queries.decided_awards(cycle) if award.membership is not None]
    divisions = {
        one.award_id: one
        for one in Division.objects.filter(award__in=[a.pk for a in awards]).prefetch_related("shares")
    }
    rows = paylist.rows_of(awards, divisions, award_queries.individuals_of(cycle))
    pay: list[list[Any]] = [
        [r.award, r.grade, r.block, r.unit, r.person, r.post, award_queries.as_yuan(r.amount_fen), r.remark]
        for r in rows
    ]
    words = ("奖项", "等次", "序列", "单位", "姓名", "职务")
    settled: list[list[Any]] = [
        [
            s.award,
            s.payee,
            *(award_queries.as_yuan(fen) for fen in (s.before_fen, s.after_fen, s.pay_fen, s.take_back_fen)),
        ]
        for s in award_queries.settlement_of(cycle)
    ]
    money = [ColumnOut(word, "number", 2) for word in ("原奖金", "现奖金", "补发", "收回")]
    return write_workbook(
        [
            SheetOut(
                "奖金",
                [*(ColumnOut(w) for w in words), ColumnOut("金额（元）", "number", 2), ColumnOut("备注")],
                pay,
                spare_rows=0,
            ),
            SheetOut("补发收回", [ColumnOut("奖项"), ColumnOut("获奖者"), *money], settled, spare_rows=0),
        ]
    )


# The table of contents


def index_paper(cycle: Cycle, edition: Edition, number: int, lines: list[Line]) -> bytes:
    """卷内目录 as a paper."""
    facts = paylist.facts_of(cycle, "卷内目录", [[line.path, line.title, line.number] for line in lines])
    markup = render_to_string(
        "reports/archive_index.html",
        {
            "facts": facts,
            "paper_title": "卷内目录",
            "cycle": cycle,
            "edition": edition,
            "number": number,
            "lines": lines,
        },
    )
    return pdf.render(markup, identifier=facts.code)


def index_page(cycle: Cycle, edition: Edition, number: int, lines: list[Line]) -> bytes:
    """The same as one page that any browser opens from the folder; no script, no outside address."""
    rows = "".join(_row(n, line) for n, line in enumerate(lines, 1))
    title = html.escape(f"{cycle.year}年度{cycle.name}备案材料（第{number}次）")
    return (
        '<!doctype html><html lang="zh-Hans"><head><meta charset="utf-8">'
        f"<title>{title}</title><style>body{{font:16px/1.6 sans-serif;margin:2em auto;max-width:60em}}"
        "table{border-collapse:collapse;width:100%}td,th{border:1px solid #999;padding:.2em .5em;text-align:left}"
        f"</style></head><body><h1>{title}</h1><p>{html.escape(cycle.host.name)}。最新公布稿第{edition.number}版，"
        f"校验码 {edition.code}。核验：在本文件夹运行 <code>python3 verify.py</code>，"
        "无需安装任何系统。</p><table><thead><tr><th>序号</th><th>题名</th><th>文号</th><th>责任者</th>"
        f"<th>日期</th></tr></thead><tbody>{rows}</tbody></table></body></html>"
    ).encode()


def _row(n: int, line: Line) -> str:
    parts = "".join(f"<td>{html.escape(text)}</td>" for text in (line.number, line.issuer, line.on))
    return f'<tr><td>{n}</td><td><a href="{html.escape(line.path)}">{html.escape(line.title)}</a></td>{parts}</tr>'


def check(archive: Path) -> Iterator[tuple[str, str, str]]:
    """(file, stated digest, digest found) of everything in an archive that its manifest does not confirm."""
    with zipfile.ZipFile(archive) as opened:
        manifest = json.loads(opened.read(MANIFEST_FILE))
        own = digest_of(canonical({key: value for key, value in manifest.items() if key != "digest"}))
        if own != manifest.get("digest"):
            yield MANIFEST_FILE, str(manifest.get("digest")), own
        stated = {row["name"]: row["sha256"] for row in manifest["files"]}
        there = set(opened.namelist()) - {MANIFEST_FILE}
        for name in sorted({*stated, *there}):
            found = hashlib.sha256(opened.read(name)).hexdigest() if name in there else "missing"
            if found != stated.get(name, "not in the manifest"):
                yield name, stated.get(name, "not in the manifest"), found
        for one in manifest["editions"]:
            path = f"{one['folder']}/{EDITION_FILE}"
            if path in there and stated.get(path) != one["digest"]:
                yield path, one["digest"], stated.get(path, "missing")
