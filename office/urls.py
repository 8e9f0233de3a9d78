"""The addresses of the desk: of the whole site, and below /years/CODE/.

They are joined in appraisal_site.urls.
"""

from django.urls import URLPattern, path

from office import views

urlpatterns: list[URLPattern] = [path("health/", views.health, name="health")]
year_patterns: list[URLPattern] = []
