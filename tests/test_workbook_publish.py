"""Reports appear whole or not at all, also after a killed process."""

import json
import shutil

import pytest

from retorno.tables.places import Place
from retorno.workbook import sameness
from retorno.workbook.plan import Run
from retorno.workbook.publish import alone, beside, put
from retorno.workbook.record import without
from retorno.workbook.sameness import FILES, digests, key, unchanged


@pytest.fixture
def out(tmp_path):
    return tmp_path / "out"


def report(folder, text):
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "report.html").write_text(text)
    return folder


def here(out):
    return sorted(path.relative_to(out).as_posix() for path in out.rglob("*") if path.is_file())


def never():
    pytest.fail("nobody else holds the folder")


def test_a_new_report_takes_the_place_of_the_earlier_one(out):
    report(out / "s/default", "earlier")
    built = report(beside(out / "s/default"), "new")
    put(built, out / "s/default")
    assert here(out) == ["s/default/report.html"]
    assert (out / "s/default/report.html").read_text() == "new"


def test_an_earlier_report_is_put_back_when_the_new_one_cannot_be_moved(out):
    report(out / "s/default", "earlier")
    built = report(beside(out / "s/default"), "new")
    shutil.rmtree(built)
    with pytest.raises(FileNotFoundError):
        put(built, out / "s/default")
    assert (out / "s/default/report.html").read_text() == "earlier"


def test_leftovers_of_a_killed_run_are_put_right_at_the_next_start(out):
    """Killed while building: taken away. Killed between the two renames: the earlier report returns."""
    report(out / "s/.default.0123abcd", "half built")
    report(out / "s/.moved.0123abcd.old", "earlier")
    report(out / "s/.moved.0123abcd", "half built")
    report(out / "s/.a.b.0123abcd.old", "earlier")
    report(out / "s/a.b", "new")
    (out / "s/.keep").mkdir()
    with alone(out, never):
        assert here(out) == [".lock", "s/a.b/report.html", "s/moved/report.html"]
    assert (out / "s/a.b/report.html").read_text() == "new"
    assert (out / "s/.keep").is_dir()


def test_a_folder_in_which_nothing_appeared_is_taken_away_and_another_is_not(out, tmp_path):
    with alone(out, never):
        beside(out / "s/default")
    assert not out.exists()
    (tmp_path / "mine").mkdir()
    with alone(tmp_path / "mine", never):
        beside(tmp_path / "mine/s/default")
    assert here(tmp_path / "mine") == [".lock"]


def test_private_paths_vanish_from_everything_that_is_text():
    private = {"/home/me/a.csv": "a.csv", "/home/me/": ""}
    nested = {"x": ["'/home/me/a.csv' and /home/me/b", 3, None], "y": {"z": "/home/me/"}}
    assert without(private, nested) == {"x": ["'a.csv' and b", 3, None], "y": {"z": ""}}


def a_run(tmp_path, **changes):
    (tmp_path / "n.ipynb").write_text("{}")
    (tmp_path / "t.csv").write_text("a")
    values = {
        "study": "s",
        "name": "default",
        "notebook": tmp_path / "n.ipynb",
        "title": None,
        "given": {"level": 0.9},
        "defaults": {"level": 0.95, "seed": 1},
        "places": {"transactions": Place.of("t.csv", tmp_path)},
    }
    return Run(**{**values, **changes})


def test_whatever_changes_a_report_changes_its_key(tmp_path, monkeypatch):
    """Title, a value, a default, the data, the notebook, the library, a package: seven other keys."""
    first = key(a_run(tmp_path))
    assert key(a_run(tmp_path)) == first
    keys = {
        first,
        key(a_run(tmp_path, title="Other")),
        key(a_run(tmp_path, given={"level": 0.8})),
        key(a_run(tmp_path, defaults={"level": 0.95, "seed": 2})),
    }
    run = a_run(tmp_path)
    (tmp_path / "t.csv").write_text("b")
    keys.add(key(run))
    (tmp_path / "n.ipynb").write_text("{} ")
    keys.add(key(run))
    with monkeypatch.context() as patch:
        patch.setattr(sameness, "_library", lambda: "other")
        keys.add(key(run))
    monkeypatch.setattr(sameness, "_packages", lambda: ["numpy-1"])
    keys.add(key(run))
    assert len(keys) == 8


def test_the_library_part_of_the_key_follows_every_file_but_caches(tmp_path, monkeypatch):
    library = tmp_path / "retorno"
    (library / "report" / "__pycache__").mkdir(parents=True)
    (library / "__init__.py").write_text("")
    monkeypatch.setattr(sameness.retorno, "__file__", str(library / "__init__.py"))
    first = sameness._library()
    (library / "report" / "__pycache__" / "x.pyc").write_text("cache")
    assert sameness._library() == first
    (library / "report" / "page.css").write_text("a {}")
    assert sameness._library() != first


def test_a_report_with_a_file_missing_or_edited_is_not_unchanged(tmp_path):
    for name in FILES:
        (tmp_path / name).write_text(name)
    provenance = {"key": "k", "files": digests(tmp_path)}
    (tmp_path / "findings.json").write_text(json.dumps({"provenance": provenance}))
    assert unchanged(tmp_path, "k")
    assert not unchanged(tmp_path, "other")
    (tmp_path / "tables.xlsx").write_text("edited")
    assert not unchanged(tmp_path, "k")
    (tmp_path / "tables.xlsx").unlink()
    assert not unchanged(tmp_path, "k")
    assert not unchanged(tmp_path / "none", "k")
