"""The site's settings with what a test run needs set in the environment first.

Everything else is as in production.
"""

import os

os.environ.setdefault("SECRET_KEY", "for the tests only, never for a site")
os.environ.setdefault("TASKS", "immediate")

from appraisal_site.settings import *  # noqa: F403 -- the environment must be set before it is read

if DATABASES["default"]["ENGINE"].endswith("sqlite3"):  # noqa: F405 -- from the settings above
    # A test's database dies with it: nothing needs to reach the disk.
    DATABASES["default"]["OPTIONS"]["init_command"] += "PRAGMA synchronous=OFF;PRAGMA journal_mode=MEMORY;"  # noqa: F405

# Tests arrange rows without the log, and duties would not be gathered again.
KEPT_SECONDS = 0
