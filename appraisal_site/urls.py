"""The site map: one include per app.

Pages of a year live under /years/CODE/.
"""

from django.contrib import admin
from django.urls import path

urlpatterns = [
    path("admin/", admin.site.urls),
]
