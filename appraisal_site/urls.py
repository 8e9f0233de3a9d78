"""The site map: one include per app, pages of a year under /years/CODE/.

Who may open a page is written on its view: @page("ROW") of units.pages.
"""

from django.contrib import admin
from django.urls import URLPattern, URLResolver, include, path

import awards.urls
import bonuses.urls
import office.urls
import scoring.urls
import units.urls
from appraisal_site.views import sign_in

year_patterns: list[URLPattern | URLResolver] = [
    *units.urls.year_patterns,
    *bonuses.urls.year_patterns,
    *scoring.urls.year_patterns,
    *awards.urls.year_patterns,
]

urlpatterns: list[URLPattern | URLResolver] = [
    path("login/", sign_in.sign_in, name="login"),
    path("logout/", sign_in.sign_out, name="logout"),
    path("language/", sign_in.language, name="language"),
    path("hat/", sign_in.wear_hat, name="wear-hat"),
    path("", include(office.urls.urlpatterns)),
    path("", include(units.urls.urlpatterns)),
    path("", include(bonuses.urls.urlpatterns)),
    path("", include(scoring.urls.urlpatterns)),
    path("", include(awards.urls.urlpatterns)),
    path("years/<str:code>/", include(year_patterns)),
    path("api/v1/", include("appraisal_site.api_urls")),
    path("admin/", admin.site.urls),
]
