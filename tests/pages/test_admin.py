"""/admin/: each role its own part, every record listed, saving through the actions and our own log.

What an action allows is tested where the action is.
"""

from __future__ import annotations

import io
from typing import Any

import openpyxl
import pytest
from django.apps import apps
from django.contrib import admin
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.urls import reverse

from office.models import AuditEntry, User
from scoring.models import SubItem
from tests.cast import Cast
from units.administration import Records
from units.models import RoleAssignment, Unit, UnitName
from units.stages import Stage

pytestmark = pytest.mark.django_db

LISTS = [
    (model._meta.app_label, model._meta.model_name, records)
    for model, records in admin.site._registry.items()
]
PART = {"office1": "OF", "sysadmin": "SA", "secadmin": "SE", "auditor": "AU"}


@pytest.fixture
def small(cast: Cast) -> Cast:
    return cast.at(Stage.SET_UP)


def as_person(cast: Cast, name: str) -> Client:
    client = Client()
    client.force_login(cast.people[name])
    return client


def acts() -> list[str]:
    """What the log says was done, sign-ins apart."""
    return [e.act for e in AuditEntry.objects.order_by("number") if e.act != "account.signed-in"]


def changelist(app: str, model: str) -> str:
    return reverse(f"admin:{app}_{model}_changelist")


@pytest.mark.parametrize(
    "person", ["leader1", "mayor", "reviewer1", "lead_市信访局", "official_青山乡", "archive"]
)
def test_others_are_turned_away(small: Cast, person: str) -> None:
    client = as_person(small, person)

    assert client.get(reverse("admin:index"), follow=True).status_code == 403
    assert client.get(changelist("units", "unit"), follow=True).status_code == 403


def test_the_anonymous_are_sent_to_our_sign_in_page(small: Cast) -> None:
    answer = Client().get(reverse("admin:index"), follow=True)

    assert answer.redirect_chain[-1][0].startswith(reverse("login"))


@pytest.mark.parametrize("person", list(PART))
def test_every_record_is_listed_searched_and_opened_by_its_part_only(small: Cast, person: str) -> None:
    small.score("青山乡", "信访", "300")
    client = as_person(small, person)

    for app, model, records in LISTS:
        assert isinstance(records, Records)
        mine = PART[person] in {str(role) for role in records.part}
        answer = client.get(changelist(app, model or ""), {"q": "青"})
        assert answer.status_code == (200 if mine else 403), model
        assert records.search_fields, model
        if mine:
            row = records.model._default_manager.first()
            if row is not None:
                arguments = [str(row.pk)]
                assert (
                    client.get(reverse(f"admin:{app}_{model}_change", args=arguments)).status_code == 200
                ), model
                assert (
                    client.get(reverse(f"admin:{app}_{model}_history", args=arguments)).status_code == 200
                ), model


def test_every_record_of_the_house_has_its_place_here(small: Cast) -> None:
    ours = {"office", "units", "scoring", "bonuses", "awards"}
    packed = {"scoring.importplan"}  # bytes for the importer alone; its batch is listed

    missing = {
        model._meta.label_lower
        for model in apps.get_models()
        if model._meta.app_label in ours and model not in admin.site._registry
    }

    assert missing == packed


def test_records_of_other_packages_are_not_shown(small: Cast) -> None:
    shown = {model._meta.app_label for model in admin.site._registry}

    assert shown == {"office", "units", "scoring", "bonuses", "awards"}


@pytest.mark.parametrize("model", ["score", "cell", "standing", "deduction", "importbatch"])
def test_figures_are_never_typed_here(small: Cast, model: str) -> None:
    client = as_person(small, "office1")

    assert client.get(reverse(f"admin:scoring_{model}_add")).status_code == 403


@pytest.mark.parametrize("method", ["add", "change", "delete"])
def test_the_log_is_read_only(small: Cast, method: str) -> None:
    small.score("青山乡", "信访", "300")
    as_person(small, "official_青山乡").get(reverse("admin:index"), follow=True)
    as_person(small, "official_青山乡").get(reverse("plan-workbook", args=["2012"]))  # denied, so logged
    entry = AuditEntry.objects.first()
    assert entry is not None
    client = as_person(small, "auditor")
    arguments = [] if method == "add" else [entry.pk]

    assert (
        client.post(reverse(f"admin:office_auditentry_{method}", args=arguments), {"act": "x"}).status_code
        == 403
    )


def unit_form(unit: Unit, **changed: Any) -> dict[str, Any]:
    names = (
        "name",
        "short_name",
        "kind",
        "order",
        "superior_leader",
        "principal",
        "contact",
        "mobile",
        "office_phone",
    )
    return {name: getattr(unit, name) for name in names} | changed


def test_a_saved_unit_goes_through_the_action_and_our_log(small: Cast) -> None:
    unit = small.units["青山乡"]
    address = reverse("admin:units_unit_change", args=[unit.pk])
    client = as_person(small, "office1")

    answer = client.post(address, unit_form(unit, name="青山镇", contact="甲"))
    history = client.get(reverse("admin:units_unit_history", args=[unit.pk]))

    unit.refresh_from_db()
    assert answer.status_code == 302
    assert (unit.name, unit.contact) == ("青山镇", "甲")
    assert UnitName.objects.get(unit=unit).kind == "former"
    assert acts() == ["unit.changed"]
    assert "青山乡 → 青山镇" in history.content.decode()


def test_a_refusal_stands_in_the_form_and_what_was_typed_is_kept(small: Cast) -> None:
    unit = small.units["青山乡"]

    answer = as_person(small, "office1").post(
        reverse("admin:units_unit_change", args=[unit.pk]),
        unit_form(unit, short_name="别名甲", name="白 水 乡"),
    )

    assert answer.status_code == 200
    assert "别名甲" in answer.content.decode()
    assert answer.context["adminform"].form.non_field_errors()
    assert Unit.objects.get(pk=unit.pk).name == "青山乡"
    assert acts() == []


def test_rules_are_closed_after_set_up(cast: Cast) -> None:
    sub = cast.subs["乡镇口", "信访"]
    form = {
        "name": "信访",
        "base_points": "300",
        "lead": "",
        "look": "两者",
        "floor_points": "",
        "floor_text": "",
        "order": "0",
    }

    answer = as_person(cast, "office1").post(reverse("admin:scoring_subitem_change", args=[sub.pk]), form)

    assert answer.context["adminform"].form.non_field_errors()
    assert SubItem.objects.get(pk=sub.pk).base_points == 400


def test_a_saved_sub_item_is_settled_and_logged(small: Cast) -> None:
    SubItem.objects.update(source="暂拟")
    sub = small.subs["乡镇口", "信访"]
    form = {
        "name": "信访", "base_points": "300", "lead": small.units["市档案局"].pk, "helpers": [small.units["市信访局"].pk],
        "look": "两者", "floor_points": "", "floor_text": "", "order": "0",
    }  # fmt: skip

    answer = as_person(small, "office1").post(reverse("admin:scoring_subitem_change", args=[sub.pk]), form)

    sub.refresh_from_db()
    assert answer.status_code == 302
    assert (sub.base_points, sub.lead, sub.source) == (300, small.units["市档案局"], "确认")
    assert list(sub.helpers.all()) == [small.units["市信访局"]]
    assert acts() == ["sub-item.changed"]


def test_stand_ins_are_confirmed_by_the_same_function_as_on_the_page(small: Cast) -> None:
    SubItem.objects.update(source="暂拟")
    sub = small.subs["乡镇口", "信访"]

    as_person(small, "office1").post(
        changelist("scoring", "subitem"), {"action": "confirm", "_selected_action": [sub.pk]}
    )

    assert list(SubItem.objects.filter(source="确认")) == [sub]


def test_what_holds_scores_is_not_deleted(small: Cast) -> None:
    small.score("青山乡", "信访", "300")
    sub = small.subs["乡镇口", "信访"]

    answer = as_person(small, "office1").post(
        reverse("admin:scoring_subitem_delete", args=[sub.pk]), {"post": "yes"}
    )

    assert answer.status_code in (403, 409)
    assert SubItem.objects.filter(pk=sub.pk).exists()


def test_the_system_administrator_makes_an_account_with_a_first_password(small: Cast) -> None:
    client = as_person(small, "sysadmin")

    answer = client.post(
        reverse("admin:office_user_add"),
        {"username": "new", "display_name": "新人", "phone": "", "email": "", "is_active": "on"},
        follow=True,
    )

    user = User.objects.get(username="new")
    password = (
        str(next(iter(answer.context["messages"]))).split(":")[-1] if answer.context["messages"] else ""
    )
    assert user.must_change_password
    assert password
    assert not user.is_superuser
    assert acts() == ["account.created"]


def test_the_security_administrator_grants_and_revokes_roles_but_never_his_own(small: Cast) -> None:
    client = as_person(small, "secadmin")
    add = reverse("admin:units_roleassignment_add")
    person = User.objects.create(username="new")
    form = {"role": "UO", "unit": small.units["青山乡"].pk, "cycle": small.cycle.pk}

    granted = client.post(add, form | {"user": person.pk})
    own = client.post(add, form | {"user": small.people["secadmin"].pk})
    row = RoleAssignment.objects.get(user=person)
    client.post(reverse("admin:units_roleassignment_delete", args=[row.pk]), {"post": "yes"})

    assert granted.status_code == 302
    assert own.status_code == 200
    assert not RoleAssignment.objects.filter(user__in=[person, small.people["secadmin"]]).exists()
    assert acts() == ["role.granted", "role.revoked"]


def test_signing_out_here_signs_out_of_the_site(small: Cast) -> None:
    client = as_person(small, "office1")

    client.post(reverse("admin:logout"))

    assert client.get(reverse("admin:index")).status_code == 302


def test_the_own_password_is_changed_on_the_site_only(small: Cast) -> None:
    answer = as_person(small, "office1").get(reverse("admin:password_change"))

    assert answer["Location"] == reverse("password")


def test_relations_are_headed_in_chinese(small: Cast) -> None:
    content = as_person(small, "office1").get(changelist("scoring", "subitem")).content.decode()

    assert "以 大块" in content
    assert "以 block" not in content


# --- Tables ----------------------------------------------------------------------------------


def export(client: Client, app: str, model: str, fields: list[str]) -> bytes:
    form = {"format": "0", "resource": "0"} | dict.fromkeys((f"unitresource_{name}" for name in fields), "on")
    answer = client.post(reverse(f"admin:{app}_{model}_export"), form)
    assert answer.status_code == 200
    return bytes(answer.content)


UNIT_COLUMNS = [
    "name",
    "kind",
    "short_name",
    "principal",
    "contact",
    "mobile",
    "office_phone",
    "superior_leader",
]


def send(client: Client, content: bytes, model: str = "unit", app: str = "units") -> Any:
    return client.post(
        reverse(f"admin:{app}_{model}_import"),
        {"format": "0", "resource": "0", "import_file": SimpleUploadedFile("表.xlsx", content)},
    )


def confirm(client: Client, answer: Any, model: str = "unit") -> None:
    form = answer.context["confirm_form"]
    client.post(reverse(f"admin:units_{model}_process_import"), form.initial)


def workbook(*rows: list[object]) -> bytes:
    book = openpyxl.Workbook()
    sheet = book.active
    assert sheet is not None
    for row in rows:
        sheet.append(row)
    out = io.BytesIO()
    book.save(out)
    return out.getvalue()


def test_units_go_out_and_come_back_unchanged_also_where_text_looks_like_a_formula(small: Cast) -> None:
    Unit.objects.filter(name="青山乡").update(contact="==1+1", principal="-2", short_name="＝x")
    client = as_person(small, "office1")

    content = export(client, "units", "unit", UNIT_COLUMNS)
    sheet = openpyxl.load_workbook(io.BytesIO(content)).active
    answer = send(client, content)

    assert sheet is not None
    assert [c.data_type for c in sheet[2] if c.value in ("==1+1", "-2", "＝x")] == ["s", "s", "s"]
    result = answer.context["result"]
    assert not result.has_errors()
    assert not result.has_validation_errors()
    assert result.totals["skip"] == Unit.objects.count()


def test_a_table_of_units_is_looked_at_and_then_saved_by_the_action(small: Cast) -> None:
    client = as_person(small, "office1")

    answer = send(
        client, workbook(["单位", "类别", "联络员"], ["青山乡", "乡镇", "甲"], ["新单位", "机构", "乙"])
    )
    untouched = Unit.objects.filter(name="新单位").exists()
    confirm(client, answer)

    assert not untouched
    assert Unit.objects.get(name="青山乡").contact == "甲"
    assert small.cycle.units.filter(name="新单位").exists()
    assert sorted(acts()) == ["unit.added", "unit.changed"]


def test_a_bad_row_is_named_by_the_row_of_the_sheet_in_our_words(small: Cast) -> None:
    client = as_person(small, "office1")

    answer = send(client, workbook(["单位", "类别"], ["青山乡", "乡镇"], ["新单位", "县"]))

    result = answer.context["result"]
    (row,) = result.invalid_rows
    assert row.number == 3
    assert "县" in str(row.error)
    assert "confirm_form" not in answer.context or answer.context["confirm_form"] is None


def test_rows_are_counted_as_on_the_sheet_below_a_title_too(small: Cast) -> None:
    client = as_person(small, "office1")

    answer = send(
        client, workbook(["全市单位名册"], [], ["单位", "类别"], ["青山乡", "乡镇"], [], ["新单位", "县"])
    )

    assert [row.number for row in answer.context["result"].invalid_rows] == [6]


def test_an_alias_of_an_unknown_unit_names_the_nearest(small: Cast) -> None:
    client = as_person(small, "office1")

    answer = send(
        client, workbook(["别名", "单位", "种类"], ["信访办", "市信仿局", "alias"]), model="unitname"
    )

    (row,) = answer.context["result"].invalid_rows
    assert "市信访局" in str(row.error)


def test_what_is_no_workbook_is_refused_in_our_words(small: Cast) -> None:
    answer = send(as_person(small, "office1"), b"%PDF-1.4")

    assert answer.status_code == 200
    assert answer.context["form"].errors["import_file"]


@pytest.mark.parametrize("person", ["sysadmin", "secadmin", "auditor"])
def test_only_the_office_brings_tables_in(small: Cast, person: str) -> None:
    assert as_person(small, person).get(reverse("admin:units_unit_import")).status_code == 403
    assert as_person(small, person).get(reverse("admin:units_unit_export")).status_code == 403


def test_a_list_takes_the_same_queries_at_one_and_at_thirty_rows(
    small: Cast, django_assert_max_num_queries: Any
) -> None:
    client = as_person(small, "office1")
    for number in range(30):
        small.cycle.units.add(Unit.objects.create(name=f"单位{number}", kind="机构", order=100 + number))

    with django_assert_max_num_queries(24):
        client.get(changelist("units", "unit"))
