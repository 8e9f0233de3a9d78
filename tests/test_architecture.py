"""Holds the house: imports, foreign keys and migrations point down the list only, pure modules stay pure.

House rules are in README.md, «the map of the house».
"""

from __future__ import annotations

import ast
from pathlib import Path

import pytest
from django.apps import apps
from django.db.migrations.loader import MigrationLoader

ROOT = Path(__file__).resolve().parent.parent
LAYERS = ["appraisal_site", "awards", "scoring", "bonuses", "units", "office"]  # top first
PURE = [
    "office/refusal.py",
    "office/charts.py",
    "office/returned.py",
    "units/stages.py",
    "units/matrix.py",
    "units/names.py",
    "units/calendar.py",
    "bonuses/policy.py",
    "awards/policy.py",
    "awards/money.py",
    "awards/edition.py",
    "scoring/distortion.py",
    "scoring/trial_steps.py",
    *sorted(str(p.relative_to(ROOT)) for p in (ROOT / "scoring" / "engine").glob("*.py")),
]


def _modules(folder: Path) -> list[Path]:
    return [p for p in folder.rglob("*.py") if "__pycache__" not in p.parts]


def _imports(path: Path) -> set[str]:
    """Every imported module, also inside functions."""
    found: set[str] = set()
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module and node.level == 0:
            found.add(node.module)
            found |= {f"{node.module}.{alias.name}" for alias in node.names}
    return found


@pytest.mark.parametrize("app", LAYERS)
def test_imports_point_down_the_house_only(app: str) -> None:
    above = set(LAYERS[: LAYERS.index(app)])

    wrong = {
        f"{path.relative_to(ROOT)} imports {name}"
        for path in _modules(ROOT / app)
        for name in _imports(path)
        if name.split(".")[0] in above
    }

    assert wrong == set()


@pytest.mark.parametrize("app", LAYERS[1:])
def test_foreign_keys_and_migrations_point_down_the_house_only(app: str) -> None:
    above = set(LAYERS[: LAYERS.index(app)])

    relations = {
        f"{model.__name__}.{f.name}"
        for model in apps.get_app_config(app).get_models()
        for f in model._meta.get_fields()
        if f.is_relation
        and not f.auto_created
        and f.related_model
        and f.related_model._meta.app_label in above
    }
    migrations = {
        f"{key} needs {dependency}"
        for key, migration in MigrationLoader(None, ignore_no_migrations=True).disk_migrations.items()
        if key[0] == app
        for dependency in migration.dependencies
        if dependency[0] in above
    }

    assert relations | migrations == set()


@pytest.mark.parametrize("module", [m for m in PURE if (ROOT / m).exists()])
def test_pure_modules_import_no_framework(module: str) -> None:
    # Words and marked-up text are values, not state.
    allowed = {"django.utils.translation", "django.utils.safestring", "django.utils.html"}

    wrong = {
        name
        for name in _imports(ROOT / module)
        if name.split(".")[0] in {"django", "rest_framework"} and not any(name.startswith(a) for a in allowed)
    }

    assert wrong == set()


@pytest.mark.parametrize("app", LAYERS)
def test_inside_an_app_nothing_looks_up_to_its_doors(app: str) -> None:
    doors = {f"{app}.{door}" for door in ("views", "api", "admin", "urls")}

    wrong = {
        f"{path.relative_to(ROOT)} imports {name}"
        for layer in ("models", "actions", "permissions.py", "queries.py")
        for path in (_modules(ROOT / app / layer) if (ROOT / app / layer).is_dir() else [ROOT / app / layer])
        if path.exists()
        for name in _imports(path)
        if any(name == door or name.startswith(door + ".") for door in doors)
    }

    assert wrong == set()
