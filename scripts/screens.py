"""Takes the manual's pictures: a demo year on a throw-away database, served and looked at in Chromium.

Writes docs/images/*.png; run by `make screens`.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import tempfile
import time
from http.client import HTTPConnection
from pathlib import Path

from playwright.sync_api import Page, sync_playwright

ROOT = Path(__file__).resolve().parent.parent
IMAGES = ROOT / "docs" / "images"
PORT = int(os.environ.get("SCREENS_PORT", "8792"))
DESK, PHONE = {"width": 1440, "height": 900}, {"width": 390, "height": 844}

# name → (account, address, viewport)
SHOTS: dict[str, tuple[str, str, dict[str, int]]] = {
    "home-office": ("office1", "/", DESK),
    "year": ("office1", "/years/2012/", DESK),
    "reminders": ("office1", "/years/2012/reminders/", DESK),
    "plan": ("office1", "/years/2012/plan/", DESK),
    "board": ("office1", "/years/2012/board/", DESK),
    "board-phone": ("office1", "/years/2012/board/", PHONE),
    "matrix": ("office1", "/years/2012/blocks/市直单位口/matrix/", DESK),
    "unit-sheet": ("office1", "/years/2012/units/青山乡/", DESK),
    "unit-sheet-phone": ("office1", "/years/2012/units/青山乡/", PHONE),
    "call": ("office1", "/years/2012/call/?q=qsx", DESK),
    "imports": ("office1", "/years/2012/imports/", DESK),
    "ledgers-lead": ("lead_信访局", "/years/2012/ledgers/", DESK),
    "ledgers-office": ("office1", "/years/2012/imports/?kind=ledger", DESK),
    "home-lead": ("lead_信访局", "/", DESK),
    "home-official": ("official_龙潭乡", "/", PHONE),
    "self-list": ("official_龙潭乡", "/years/2012/self/", DESK),
    "self-cell-phone": ("official_龙潭乡", "/years/2012/self/", PHONE),
    "form-compare": ("office2", "/years/2012/forms/?state=scanned", DESK),
    "commitments": ("office1", "/years/2012/commitments/", DESK),
    "commitment-phone": ("official_青山乡", "/years/2012/commitments/of/青山乡/", PHONE),
    "rule-book": ("office1", "/years/2012/rules/book/", DESK),
    "lead-scores": ("lead_信访局", "/years/2012/lead-scores/", DESK),
    "review-unit": ("reviewer1", "/years/2012/review/units/城东街道/", DESK),
    "visits-phone": ("reviewer1", "/years/2012/visits/", PHONE),
    "distortion": ("office1", "/years/2012/distortion/", DESK),
    "brief": ("office1", "/years/2012/brief/", DESK),
    "year-on-year": ("office1", "/years/2012/year-on-year/", DESK),
    "filing": ("archive", "/years/2011/filing/", DESK),
    "what-if": ("office1", "/years/2012/what-if/", DESK),
    "what-if-compare": ("office1", "/years/2012/what-if/compare/?v=1&v=2&v=3", DESK),
    "missing-cells": ("office1", "/years/2012/missing/", DESK),
    "log": ("auditor", "/log/", DESK),
    "ledger-preview": ("lead_信访局", "/years/2012/ledgers/", DESK),
}

# The same of the completed year: `demo --stage approved` is run before these are taken.
COMPLETED: dict[str, tuple[str, str, dict[str, int]]] = {
    "appeals": ("office1", "/years/2012/appeals/", DESK),
    "appeal": ("office1", "/years/2012/appeals/1/", DESK),
    "result-letters": ("office1", "/years/2012/results/letters/", DESK),
}

# name → the link that is followed before the picture is taken, where the address holds a number.
FOLLOWED: dict[str, str] = {
    "self-cell-phone": "tbody th[scope=row] a",
    "form-compare": "tbody th a",
    "what-if": ".trial-variants a",
}


# name → the workbook that is dropped before the picture is taken.
DROPPED: dict[str, str] = {"ledger-preview": "fixtures/第三季度台账/市信访局.xlsx"}


def main() -> int:
    folder = Path(tempfile.mkdtemp(prefix="screens-"))
    environment = os.environ | {
        "DATABASE_URL": f"sqlite:///{folder / 'db.sqlite3'}",
        "MEDIA_ROOT": str(folder / "media"),
        "SECRET_KEY": "for the pictures only",
        "TASKS": "process",
    }
    manage = [sys.executable, str(ROOT / "manage.py")]
    wanted = set(sys.argv[1:]) or {*SHOTS, *COMPLETED}
    try:
        subprocess.run([*manage, "migrate", "-v0"], env=environment, check=True)
        subprocess.run([*manage, "demo"], env=environment, check=True, stdout=subprocess.DEVNULL)
        password = (ROOT / "var" / "demo_password").read_text(encoding="utf-8").strip()
        server = subprocess.Popen(
            [
                sys.executable,
                "-m",
                "gunicorn",
                "-w",
                "1",
                "--threads",
                "4",
                "-b",
                f"127.0.0.1:{PORT}",
                "appraisal_site.wsgi",
            ],
            env=environment,
            cwd=ROOT,
            stderr=subprocess.DEVNULL,
        )
        try:
            wait_until_served()
            IMAGES.mkdir(parents=True, exist_ok=True)
            take({n: shot for n, shot in SHOTS.items() if n in wanted}, password)
            later = {n: shot for n, shot in COMPLETED.items() if n in wanted}
            if later:
                complete = [*manage, "demo", "--stage", "approved"]
                subprocess.run(complete, env=environment, check=True, stdout=subprocess.DEVNULL)
                take(later, password)
        finally:
            server.terminate()
            server.wait(10)
    finally:
        shutil.rmtree(folder, ignore_errors=True)
    return 0


def take(shots: dict[str, tuple[str, str, dict[str, int]]], password: str) -> None:
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path=shutil.which("chromium"),
            args=["--no-sandbox", "--disable-gpu", "--disable-background-networking"],
        )
        for name, (account, address, viewport) in shots.items():
            context = browser.new_context(viewport=viewport, locale="zh-CN", device_scale_factor=1)  # type: ignore[arg-type]  # a plain mapping is taken
            page = context.new_page()
            sign_in(page, account, password)
            page.goto(f"http://127.0.0.1:{PORT}{address}")
            page.wait_for_load_state("networkidle")
            if name in FOLLOWED:
                page.locator(FOLLOWED[name]).first.click()
                page.wait_for_load_state("networkidle")
            if name in DROPPED:
                page.locator("form.drop input[type=file]").set_input_files(str(ROOT / DROPPED[name]))
                page.locator("form.drop button").last.click()
                page.wait_for_url("**/imports/*/")
                page.wait_for_load_state("networkidle")
            page.screenshot(path=str(IMAGES / f"{name}.png"))
            print(f"{name}.png")
            context.close()
        browser.close()


def sign_in(page: Page, account: str, password: str) -> None:
    page.goto(f"http://127.0.0.1:{PORT}/login/")
    page.fill("[name=username]", account)
    page.fill("[name=password]", password)
    page.press("[name=password]", "Enter")
    page.wait_for_load_state("networkidle")


def wait_until_served() -> None:
    for _attempt in range(150):
        try:
            line = HTTPConnection("127.0.0.1", PORT, timeout=2)
            line.request("GET", "/login/")
            line.getresponse().read()
            return
        except OSError:
            time.sleep(0.2)
    raise SystemExit("the server did not start")


if __name__ == "__main__":
    sys.exit(main())
