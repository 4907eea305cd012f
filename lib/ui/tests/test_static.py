import re
from pathlib import Path

import pytest
from django.conf import settings
from django.contrib.staticfiles import finders
from django.contrib.staticfiles.storage import staticfiles_storage
from django.core.files.base import ContentFile
from django.core.files.storage import FileSystemStorage

from lib.ui.assets import INTER, PRELOADED, SHEETS, stylesheets
from lib.ui.storage import StaticStorage

STATIC = Path(settings.BASE_DIR) / "static"


@pytest.fixture(autouse=True)
def fresh():
    stylesheets.cache_clear()
    yield
    stylesheets.cache_clear()


def collect(root: Path, files: dict[str, str]) -> StaticStorage:
    """What `collectstatic` does with these files."""
    storage = StaticStorage(location=str(root), base_url="/static/")
    for name, text in files.items():
        storage.save(name, ContentFile(text))
    for name, _, processed in storage.post_process({name: (storage, name) for name in files}):
        assert not isinstance(processed, Exception), name
    return storage


def read(storage: StaticStorage, name: str) -> str:
    return Path(storage.path(storage.stored_name(name))).read_text()


def test_storage_renames_what_our_modules_import(tmp_path):
    storage = collect(
        tmp_path,
        {
            "js/app.js": 'import "./theme.js";\nimport { a } from "./theme.js";',
            "js/theme.js": "export const a = 1;",
        },
    )
    assert re.fullmatch(
        r'import "\./theme\.(\w{12})\.js";\nimport \{ a \} from "\./theme\.\1\.js";',
        read(storage, "js/app.js"),
    )


def test_storage_leaves_scripts_of_packages_alone(tmp_path):
    foreign = 'import "./missing.js"; import("./gone.js");'
    assert read(collect(tmp_path, {"other/app.js": foreign}), "other/app.js") == foreign


def test_our_modules_import_only_files_that_exist():
    folder = STATIC / "js"
    for module in folder.glob("*.js"):
        for name in re.findall(r'(?:import|from) "\./([^"]+)"', module.read_text()):
            assert (folder / name).is_file(), f"{module.name} imports {name}"


def test_our_stylesheets_name_only_files_that_exist():
    folder = STATIC / "css"
    for sheet in folder.glob("*.css"):
        for name in re.findall(r'url\("([^"]+)"\)', sheet.read_text()):
            assert (folder / name).is_file(), f"{sheet.name} names {name}"


OURS = {"img/icon.svg": "", **{f"css/{name}.css": "" for name in SHEETS}}


def linked(html: str) -> list[str]:
    return re.findall(r'href="/static/([^"]+)"', html)


def test_stylesheets_do_without_inter_where_it_was_not_fetched(monkeypatch, tmp_path):
    monkeypatch.setattr(finders, "find", lambda name: None)
    monkeypatch.setattr(
        staticfiles_storage, "_wrapped", FileSystemStorage(location=tmp_path, base_url="/static/")
    )
    assert linked(stylesheets()) == list(OURS)


def test_stylesheets_do_without_inter_where_it_came_after_the_last_collectstatic(monkeypatch, tmp_path):
    monkeypatch.setattr(finders, "find", lambda name: name)
    monkeypatch.setattr(staticfiles_storage, "_wrapped", collect(tmp_path, OURS))
    assert [re.sub(r"\.\w{12}\.", ".", name) for name in linked(stylesheets())] == list(OURS)


def test_stylesheets_preload_the_file_that_inters_sheet_names(monkeypatch, tmp_path):
    sheet = 'x { src: url("./files/' + PRELOADED.split("/")[-1] + '") }'
    storage = collect(tmp_path, {**OURS, INTER: sheet, PRELOADED: "w"})
    monkeypatch.setattr(staticfiles_storage, "_wrapped", storage)
    preload, stylesheet = linked(stylesheets())[1:3]
    assert preload.removeprefix("inter/") in (tmp_path / stylesheet).read_text()
