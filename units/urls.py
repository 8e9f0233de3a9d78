"""The addresses of this app's pages: of the whole site, and below /years/CODE/.

They are joined in appraisal_site.urls.
"""

from django.urls import URLPattern, path

from units.views import paper_forms

urlpatterns: list[URLPattern] = []
year_patterns: list[URLPattern] = [
    path("forms/", paper_forms.forms, name="signed-forms"),
    path("forms.xlsx", paper_forms.forms_xlsx, name="signed-forms-xlsx"),
    path("forms/print/", paper_forms.print_form, name="signed-form-print"),
    path("forms/find/", paper_forms.go, name="signed-form-find"),
    path("forms/<str:form_code>/", paper_forms.form, name="signed-form"),
    path("forms/<str:form_code>/form.pdf", paper_forms.form_pdf, name="signed-form-pdf"),
    path("forms/<str:form_code>/scan/", paper_forms.scan, name="signed-form-scan"),
    path("forms/<str:form_code>/compare/", paper_forms.compare, name="signed-form-compare"),
    path("forms/<str:form_code>/differs/", paper_forms.differs, name="signed-form-differs"),
]
