"""The web server's way in.

Holds nothing but the application object.
"""

import os

from django.core.wsgi import get_wsgi_application

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "appraisal_site.settings")
application = get_wsgi_application()
