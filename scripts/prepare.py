"""Brings the stored data up to the code before serving: tables, static files, the demo year on first run.

Everything here is quick when there is nothing to do. Leaves starting and ending the servers to serve.py.
"""

import ctypes
import hashlib
import os
import sys
from pathlib import Path

import django
from django.apps import apps
from django.conf import settings
from django.contrib.staticfiles.finders import get_finders
from django.core.exceptions import ImproperlyConfigured
from django.core.management import CommandError, call_command

ROOT = Path(__file__).resolve().parent.parent


def main() -> int:
    os.chdir(ROOT)
    sys.path.insert(0, str(ROOT))
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "appraisal_site.settings")
    try:
        django.setup()
        Path("var").mkdir(exist_ok=True)
        call_command("migrate", interactive=False, verbosity=0)
        if not settings.DEBUG:
            collect_static_files()
        say_when_pdfs_are_off()
        fill_or_recall_demo_year()
    except (ImproperlyConfigured, CommandError) as reason:
        print(reason, file=sys.stderr)
        return 1
    return 0


def collect_static_files() -> None:
    """Copy the static files when any of them changed since the last time."""
    digest = hashlib.sha256()
    for finder in get_finders():
        for name, storage in finder.list([]):
            state = Path(storage.path(name)).stat()
            digest.update(f"{name} {state.st_size} {state.st_mtime_ns}\n".encode())
    stamp = ROOT / "var" / "static_collected"
    root = Path(settings.STATIC_ROOT)
    if root.is_dir() and stamp.exists() and stamp.read_text() == digest.hexdigest():
        return
    call_command("collectstatic", interactive=False, verbosity=0)
    stamp.write_text(digest.hexdigest())


def say_when_pdfs_are_off() -> None:
    try:
        for library in ("libpango-1.0.so.0", "libpangoft2-1.0.so.0", "libharfbuzz-subset.so.0"):
            ctypes.CDLL(library)
    except OSError:
        print("PDFs are off until libpango-1.0-0, libpangoft2-1.0-0 and libharfbuzz-subset0 are installed.")


def fill_or_recall_demo_year() -> None:
    """Make the demo year in an empty database, else print its accounts again if it is the demo's."""
    if not apps.get_model("units", "Cycle").objects.exists():
        print("Filling the demo year …", flush=True)
        call_command("demo")
        return
    try:
        call_command("demo", accounts=True)
    except (CommandError, SystemExit):
        # A city's own years: there are no demo accounts to recall.
        return


if __name__ == "__main__":
    sys.exit(main())
