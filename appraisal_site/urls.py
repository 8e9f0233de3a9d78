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
from appraisal_site.views import account, calendar, home, jobs, log, plan, procedure, reminders, sign_in, year

year_patterns: list[URLPattern | URLResolver] = [
    *scoring.urls.often_asked,
    path("", year.year, name="year"),
    path("move/", procedure.move, name="move"),
    path("move-back/", procedure.move_back, name="move-back"),
    path("reopen/", procedure.reopen, name="reopen"),
    path("reopen/close/", procedure.close_reopenings, name="close-reopenings"),
    path("reopen/<int:reopening>/close/", procedure.close_reopening, name="close-reopening"),
    path("windows/", procedure.windows, name="windows"),
    path("tracks/", procedure.tracks, name="tracks"),
    path("tracks/<str:name>/calendar/", procedure.track_calendar, name="track-calendar"),
    path("tracks/<str:name>/move/", procedure.move, name="track-move"),
    path("tracks/<str:name>/move-back/", procedure.move_back, name="track-move-back"),
    path("tracks/<str:name>/windows/", procedure.windows, name="track-windows"),
    path("calendar/", calendar.calendar, name="calendar"),
    path("calendar/save/", calendar.save_days, name="save-days"),
    path("calendar/<int:day>/remove/", calendar.remove_day, name="remove-day"),
    path("reminders/", reminders.desk, name="reminders"),
    path("reminders/remind/", reminders.remind, name="remind"),
    path("reminders/call/", reminders.note_call, name="note-call"),
    path("reminders/call-sheet.pdf", reminders.call_sheet, name="call-sheet"),
    path("reminders.xlsx", reminders.reminders_xlsx, name="reminders.xlsx"),
    path("scoring/", year.scoring, name="scoring"),
    *units.urls.year_patterns,
    *bonuses.urls.year_patterns,
    *scoring.urls.year_patterns,
    *awards.urls.year_patterns,
    path("plan-workbook/", plan.plan_workbook, name="plan-workbook"),
    path("plan-workbook.xlsx", plan.plan_workbook_xlsx, name="plan-workbook.xlsx"),
    path("plan-workbook/<int:pk>/", plan.plan_workbook_preview, name="plan-workbook-preview"),
    path("plan-workbook/<int:pk>/marked.xlsx", plan.plan_workbook_marked, name="plan-workbook-marked"),
    path("stand-ins/", plan.confirm_stand_ins, name="confirm-stand-ins"),
    path("stand-ins/<int:pk>/", plan.confirm_stand_in, name="confirm-stand-in"),
    path("copy/", plan.copy_year, name="copy-year"),
]

urlpatterns: list[URLPattern | URLResolver] = [
    path("", home.home, name="home"),
    path("years/<str:code>/", include(year_patterns)),
    path("api/v1/", include("appraisal_site.api_urls")),
    path("inbox/", home.inbox, name="inbox"),
    path("help/", home.help_page, name="help"),
    path("log/", log.log, name="log"),
    path("log/verify/", log.verify, name="log-verify"),
    path("log/sample/", log.draw_sample, name="log-sample"),
    path("account/", account.account, name="account"),
    path("account/password/", account.password, name="password"),
    path("account/sessions/", account.end_sessions, name="end-sessions"),
    path("account/tokens/", account.issue_token, name="issue-token"),
    path("account/tokens/<int:token>/expire/", account.expire_token, name="expire-token"),
    path("login/", sign_in.sign_in, name="login"),
    path("logout/", sign_in.sign_out, name="logout"),
    path("language/", sign_in.language, name="language"),
    path("hat/", sign_in.wear_hat, name="wear-hat"),
    path("new-year/", plan.new_year, name="new-year"),
    path("new-year/<int:pk>/", plan.new_year_preview, name="new-year-preview"),
    path("new-year/<int:pk>/marked.xlsx", plan.new_year_marked, name="new-year-marked"),
    path("jobs/", jobs.job_list, name="jobs"),
    path("jobs/<int:pk>/progress/", jobs.job_progress, name="job-progress"),
    path("jobs/<int:pk>/cancel/", jobs.job_cancel, name="job-cancel"),
    path("", include(office.urls.urlpatterns)),
    path("", include(units.urls.urlpatterns)),
    path("", include(bonuses.urls.urlpatterns)),
    path("", include(scoring.urls.urlpatterns)),
    path("", include(awards.urls.urlpatterns)),
    path("admin/", admin.site.urls),
]

handler400 = "appraisal_site.views.errors.senseless"
handler403 = "appraisal_site.views.errors.forbidden"
handler404 = "appraisal_site.views.errors.not_found"
handler500 = "appraisal_site.views.errors.failed"
