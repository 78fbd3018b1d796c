"""From a researcher's file to a report: other dialects, bad rows, scales of items, through the whole program."""

import csv
import io
from pathlib import Path

import pandas as pd
import pytest
import yaml

EXAMPLES = Path(__file__).parents[1] / "data" / "examples"


def spanish(source: Path, target: Path, names: dict[str, str]) -> None:
    """Write an example as a Spanish spreadsheet would: title, semicolons, decimal commas, d/m/y, Windows-1252."""
    with source.open(encoding="utf-8", newline="") as lines:
        header, *rows = csv.reader(lines)
    dates = {
        i
        for i, name in enumerate(header)
        if name in ("date", "contacted_on", "joined_on", "left_on")
    }
    text = io.StringIO()
    writer = csv.writer(text, delimiter=";", lineterminator="\r\n")
    writer.writerow(["Exportación del CRM"])
    writer.writerow([names.get(name, name) for name in header])
    for row in rows:
        writer.writerow([_spanish(cell, i in dates) for i, cell in enumerate(row)])
    target.write_bytes(text.getvalue().encode("cp1252"))


def _spanish(cell: str, is_date: bool) -> str:
    if is_date and cell:
        year, month, day = cell.split("-")
        return f"{day}/{month}/{year}"
    try:
        float(cell)
    except ValueError:
        return cell
    return cell.replace(".", ",")


def findings(record) -> list[dict]:
    return record["findings"]


@pytest.mark.parametrize(
    ("study", "tables"),
    [
        ("recovery", {"survey": {"respondent_id": "Nº encuesta", "satisfaction": "Satisfacción"}}),
        (
            "reactivation",
            {
                "transactions": {"customer_id": "ID cliente", "date": "Fecha", "amount": "Importe"},
                "contacts": {"arm": "Brazo", "contacted_on": "Fecha de contacto"},
            },
        ),
        (
            "referral",
            {
                "customers": {"customer_id": "ID", "joined_on": "Alta"},
                "margins": {"margin": "Margen"},
            },
        ),
    ],
)
def test_a_spanish_file_gives_the_findings_of_the_plain_one(tmp_path, run, study, tables):
    """Finding by finding: only the way of writing differs, so no number may."""
    for name, names in tables.items():
        spanish(EXAMPLES / f"{name}.csv", tmp_path / f"{name}.csv", names)
    plain = {"study": study, "data": {name: str(EXAMPLES / f"{name}.csv") for name in tables}}
    theirs = {
        "study": study,
        "data": {name: f"{name}.csv" for name in tables},
        "columns": tables,
    }
    if (
        "contacts" in tables
    ):  # one day of contact, 2 August: its own column cannot tell day from month
        theirs["formats"] = {"contacts": {"dates": "dmy"}}
    (tmp_path / "plain.yml").write_text(yaml.safe_dump(plain), encoding="utf-8")
    (tmp_path / "theirs.yml").write_text(
        yaml.safe_dump(theirs, allow_unicode=True), encoding="utf-8"
    )
    status, said, records = run(tmp_path / "plain.yml", tmp_path / "theirs.yml")
    assert status == 0, said
    assert findings(records["theirs"]) == findings(records["plain"])


def survey(tmp_path, **changes):
    """Write the example survey with columns changed, and a parameter file for it."""
    frame = pd.read_csv(EXAMPLES / "survey.csv", dtype=str, keep_default_na=False).assign(**changes)
    frame.to_csv(tmp_path / "survey.csv", index=False)
    return frame


def parameters(tmp_path, **more):
    content = {"study": "recovery", "data": {"survey": "survey.csv"}, **more}
    (tmp_path / "mine.yml").write_text(yaml.safe_dump(content), encoding="utf-8")
    return tmp_path / "mine.yml"


def test_bad_rows_stop_a_run_and_are_all_listed(tmp_path, run):
    """The default: exit 2, rows 2 and 4 named, no report."""
    frame = survey(tmp_path)
    frame.loc[[0, 2], "satisfaction"] = ["o-f-t-e-n", "99x"]
    frame.to_csv(tmp_path / "survey.csv", index=False)
    status, said, records = run(parameters(tmp_path))
    assert (status, records) == (2, {})
    assert "in 2 rows (row 2 'o-f-t-e-n', row 4 '99x')" in said


def test_bad_rows_set_aside_are_written_with_reasons_and_counted(tmp_path, run):
    """By hand: rows 2 and 4 have no number, row 4 no group either; the rest gives what a file without them gives."""
    frame = survey(tmp_path)
    good = frame.drop(index=[0, 2])
    frame.loc[[0, 2], "satisfaction"] = ["o-f-t-e-n", "99x"]
    frame.loc[2, "group"] = "=cmd()"
    frame.to_csv(tmp_path / "survey.csv", index=False)
    status, said, records = run(parameters(tmp_path, on_bad_rows="set_aside"))
    assert status == 0, said
    folder = next((tmp_path / "reports").glob("recovery/mine"))
    aside = pd.read_csv(folder / "set_aside.csv", dtype=str, keep_default_na=False)
    assert aside[["table", "row"]].values.tolist() == [["survey", "2"], ["survey", "4"]]
    assert aside["satisfaction"].tolist() == ["o-f-t-e-n", "99x"]
    assert aside["respondent_id"].tolist() == frame["respondent_id"][[0, 2]].tolist()
    assert aside["reasons"][0] == "column 'satisfaction' is no finite number"
    assert aside["reasons"][1].count(";") == 1
    source = records["mine"]["provenance"]["data"][0]
    assert source["rows"] == len(frame) - 2
    assert sorted(source["set_aside"].values()) == [1, 2]
    page = (folder / "report.html").read_text(encoding="utf-8")
    assert f"survey: 2 rows of {len(frame)} (3.3%)" in page
    assert "o-f-t-e-n" not in (folder / "notebook.ipynb").read_text(encoding="utf-8")
    good.to_csv(tmp_path / "survey.csv", index=False)
    status, said, records_of_good = run(parameters(tmp_path))
    assert status == 0, said
    assert findings(records["mine"]) == findings(records_of_good["mine"])


def test_a_run_whose_set_aside_rows_are_gone_is_made_again(tmp_path, run):
    """The file belongs to the report: deleted, the report is no longer whole."""
    frame = survey(tmp_path)
    frame.loc[0, "satisfaction"] = "o-f-t-e-n"
    frame.to_csv(tmp_path / "survey.csv", index=False)
    file = parameters(tmp_path, on_bad_rows="set_aside")
    run(file)
    assert "unchanged" in run(file)[1]
    aside = tmp_path / "reports" / "recovery" / "mine" / "set_aside.csv"
    aside.unlink()
    assert "unchanged" not in run(file)[1]
    assert aside.is_file()


def test_scores_made_of_items_give_the_findings_of_their_means(tmp_path, run):
    """Three items that are the score itself, one of them turned round (8 - x): the mean is the score."""
    frame = survey(tmp_path)
    status, said, plain = run(parameters(tmp_path, level=0.9))
    assert status == 0, said
    scores = frame.pop("satisfaction")
    frame["s1"], frame["s2"] = scores, scores
    frame["s3"] = [str(8 - float(score)) if score else "" for score in scores]
    frame.to_csv(tmp_path / "survey.csv", index=False)
    items = {
        "survey": {"satisfaction": {"of": ["s1", "s2", "s3"], "reversed": ["s3"], "scale": [1, 7]}}
    }
    status, said, records = run(parameters(tmp_path, items=items, level=0.9))
    assert status == 0, said
    for ours, theirs in zip(findings(records["mine"]), findings(plain["mine"]), strict=True):
        assert ours["id"] == theirs["id"]
        assert (ours["estimate"] is None) == (theirs["estimate"] is None)
        assert (ours["estimate"] or 0) == pytest.approx(theirs["estimate"] or 0, rel=1e-12)
    page = (tmp_path / "reports" / "recovery" / "mine" / "report.html").read_text(encoding="utf-8")
    assert "alpha with its 90% interval" in page
    assert "s3" in page


def test_amounts_in_another_currency_than_the_run_stop_it(tmp_path, run):
    """The file writes euros, the run says dollars: one of the two is wrong."""
    text = "customer_id,date,amount\n" + "".join(
        f"A{i},2024-01-{i:02},€ 5.50\n" for i in range(1, 29)
    )
    (tmp_path / "orders.csv").write_text(text, encoding="utf-8")
    data = ["reactivation", "--data", f"transactions={tmp_path / 'orders.csv'}"]
    status, said, _ = run(*data, "-p", "currency", "USD")
    assert status == 2
    assert "the run is in USD, but transactions writes amounts in '€'" in said
