"""The site's settings with what a test run needs set in the environment first.

Everything else is as in production.
"""

import os

os.environ.setdefault("SECRET_KEY", "for the tests only, never for a site")
os.environ.setdefault("TASKS", "immediate")

from appraisal_site.settings import *  # noqa: F403 -- the environment must be set before it is read
