"""Public data sets: recognised by content in every form they are offered, kept whole or not at all."""

import functools
import gzip
import http.server
import json
import threading
import zipfile

import pandas as pd
import pytest

from retorno.errors import TableError
from retorno.tables import about, connect, describe, locate, public, read

FILES = {
    "cdnow": "cdnow_master.csv.gz",
    "hillstrom": "hillstrom.csv.gz",
    "online_retail": "online_retail.parquet",
    "telco": "telco_extended_referrals.parquet",
}


def query(path, sql):
    return (
        connect().raw_sql(f"SELECT {sql} FROM read_parquet(?)", parameters=[str(path)]).fetchone()
    )


@pytest.fixture(scope="module")
def store(public_data, tmp_path_factory):
    """A store holding the sets, added from the forms they are kept in here."""
    folder = tmp_path_factory.mktemp("raw")
    for name, file in FILES.items():
        public.add(name, public_data / file, folder)
    return folder


@pytest.fixture
def as_store(store, monkeypatch):
    monkeypatch.setenv("RETORNO_RAW", str(store))
    return store


def origin_of_cdnow(public_data):
    """The text as at its origin: no header, ids of five digits, dates yyyymmdd, blanks between."""
    lines = gzip.decompress((public_data / "cdnow_master.csv.gz").read_bytes()).decode().split()[1:]
    words = (line.split(",") for line in lines)
    return "".join(
        f" {int(customer):05d} {day.replace('-', '')} {int(quantity):2d} {float(amount):7.2f}\r\n"
        for customer, day, quantity, amount in words
    ).encode()


def test_the_kept_files_hold_what_the_data_notes_count(store):
    """Customers, rows and sums printed in the notes beside the data; cents to the cent.

    Online Retail: 541,909 rows less 135,080 without customer are 406,829; of known customers gross
    8,911,407.90 less cancellations 611,342.09 leave 8,300,065.81.
    """
    cdnow = query(store / "cdnow.parquet", "count(*), count(DISTINCT customer_id), sum(amount)")
    assert cdnow[:2] == (69_659, 23_570)
    assert cdnow[2] == pytest.approx(2_500_315.63, abs=0.005)
    hillstrom = query(
        store / "hillstrom.parquet",
        "count(*), sum(visit) FILTER (segment = 'Mens E-Mail'), sum(spend)",
    )
    assert hillstrom[:2] == (64_000, 3_894)
    assert hillstrom[2] == pytest.approx(67_258.13, abs=0.005)
    retail = query(
        store / "online_retail.parquet", "count(*), count(DISTINCT customer_id), sum(amount)"
    )
    assert retail[:2] == (406_829, 4_372)
    assert retail[2] == pytest.approx(8_911_407.90 - 611_342.09, abs=0.01)


def test_the_telco_table_is_kept_as_referrers_whatever_its_columns_are_called(
    public_data, store, tmp_path
):
    """3,222 of 7,043 referred, 1,869 left; IBM's own names ("Number of Referrals") are known, too."""
    kept = query(
        store / "telco.parquet",
        'count(*), count(*) FILTER (referrals > 0), count(*) FILTER ("left")',
    )
    assert kept == (7_043, 3_222, 1_869)
    frame = pd.read_parquet(public_data / FILES["telco"])
    named = frame.rename(columns=lambda name: name.replace("_", " ").title())
    named.to_csv(tmp_path / "merged.csv", index=False)
    again = public.add("telco", tmp_path / "merged.csv", tmp_path / "raw")
    assert again.read_bytes() == (store / "telco.parquet").read_bytes()


def test_a_set_that_is_not_one_file_at_its_origin_says_how_to_make_it(tmp_path, monkeypatch):
    monkeypatch.setenv("RETORNO_RAW", str(tmp_path))
    for ask in (lambda: public.get("telco"), lambda: locate("telco")):
        with pytest.raises(
            TableError, match=r"telco: .*does not offer it as one file. .* add telco FILE"
        ):
            ask()


def test_the_record_beside_the_rows_says_whose_and_what_was_left_out(as_store):
    """135,080 rows without customer are counted, not forgotten; a path has no record."""
    record = about("online_retail")
    assert record["left_out"] == {"rows without CustomerID": 135_080}
    assert record["rows"] == 406_829
    assert "UCI" in record["origin"]
    assert "CC BY 4.0" in record["terms"]
    assert len(record["sha256"]) == 64
    assert about(as_store / "online_retail.parquet") is None
    assert sorted(path.name for path in as_store.iterdir()) == sorted(
        f"{name}.{ending}" for name in FILES for ending in ("json", "parquet")
    )


def test_a_kept_set_is_read_by_its_name(as_store):
    """Hillstrom's arms as published; 21,306 customers got no e-mail."""
    described = describe(
        "contacts",
        "hillstrom",
        columns={"arm": "segment"},
        values={"arm": {"No E-Mail": "holdout"}},
    )
    arms = next(column.groups for column in described.columns if column.name == "arm")
    assert arms == {"Womens E-Mail": 21_387, "Mens E-Mail": 21_307, "holdout": 21_306}
    assert locate("cdnow") == as_store / "cdnow.parquet"
    first = read("transactions", "cdnow").limit(1).to_pyarrow().to_pylist()[0]
    assert (first["customer_id"], str(first["date"]), first["amount"]) == ("1", "1997-01-01", 11.77)


def test_cdnow_in_its_origins_text_and_zip_keeps_the_same_rows(public_data, store, tmp_path):
    """Whatever the form, the kept file is the same byte for byte."""
    text = tmp_path / "CDNOW_master.txt"
    text.write_bytes(origin_of_cdnow(public_data))
    packed = tmp_path / "CDNOW_master.zip"
    with zipfile.ZipFile(packed, "w") as out:
        out.writestr("read_me.txt", "about the data")
        out.write(text, "CDNOW_master.txt")
    expected = (store / "cdnow.parquet").read_bytes()
    for file in (text, packed):
        assert public.add("cdnow", file, tmp_path / "raw").read_bytes() == expected
    assert json.loads((tmp_path / "raw" / "cdnow.json").read_text())["rows"] == 69_659


def test_hillstrom_as_plain_csv_with_windows_line_ends(public_data, store, tmp_path):
    """The origin's own file: unpacked, CRLF, any name."""
    plain = gzip.decompress((public_data / "hillstrom.csv.gz").read_bytes())
    assert b"\r\n" in plain
    (tmp_path / "mail").write_bytes(plain)
    kept = public.add("hillstrom", tmp_path / "mail", tmp_path)
    assert kept.read_bytes() == (store / "hillstrom.parquet").read_bytes()


@pytest.mark.full
def test_online_retail_as_excel_in_a_zip(public_data, store, tmp_path):
    """The origin's form, rebuilt from the rows: numbers as numbers, as Excel has them."""
    import openpyxl

    rows = connect().raw_sql(
        "FROM read_parquet(?)",
        parameters=[str(public_data / "online_retail.parquet")],
    )
    book = openpyxl.Workbook(write_only=True)
    sheet = book.create_sheet("Online Retail")
    sheet.append(list(public.ONLINE_RETAIL.columns))
    for invoice, stock, *rest in rows.fetchall():
        number = int(invoice) if invoice.isdigit() else invoice
        sheet.append([number, int(stock) if stock.isdigit() else stock, *rest])
    book.save(tmp_path / "Online Retail.xlsx")
    with zipfile.ZipFile(tmp_path / "online+retail.zip", "w") as out:
        out.write(tmp_path / "Online Retail.xlsx", "Online Retail.xlsx")
    kept = public.add("online_retail", tmp_path / "online+retail.zip", tmp_path)
    same = connect().raw_sql(
        "SELECT count(*) FROM (FROM read_parquet(?) EXCEPT ALL FROM read_parquet(?))",
        parameters=[str(kept), str(store / "online_retail.parquet")],
    )
    assert same.fetchone() == (0,)


def test_a_file_that_is_not_the_set_is_refused_and_nothing_is_kept(public_data, tmp_path):
    """The sample has the master's columns and 6,919 of its rows; a changed cent shows as well."""
    raw = tmp_path / "raw"
    with pytest.raises(
        TableError,
        match=r"cdnow \(cdnow_sample.csv.gz\): this is not CDNOW master data set: "
        r"rows: wanted 69,659, got 6,919; customers: wanted 23,570, got 2,357; .*got 244,091\.94\.",
    ):
        public.add("cdnow", public_data / "cdnow_sample.csv.gz", raw)
    text = gzip.decompress((public_data / "cdnow_master.csv.gz").read_bytes())
    (tmp_path / "cent.csv").write_bytes(text.replace(b",11.77\n", b",11.78\n", 1))
    with pytest.raises(
        TableError, match=r"set: sum of amounts: wanted 2,500,315\.63, got 2,500,315\.64\.$"
    ):
        public.add("cdnow", tmp_path / "cent.csv", raw)
    with pytest.raises(
        TableError, match=r"wanted columns 'recency', .* The file has 'customer_id'"
    ):
        public.add("hillstrom", public_data / "cdnow_master.csv.gz", raw)
    assert not raw.exists()


def test_files_that_cannot_be_a_set(tmp_path):
    """A zip with something else, a broken archive, no file, no such set."""
    with zipfile.ZipFile(tmp_path / "two.zip", "w") as out:
        out.writestr("a.txt", "a")
        out.writestr("b.txt", "b")
    with pytest.raises(
        TableError,
        match=r"cdnow \(two.zip\): the zip was to hold 'CDNOW_master.txt'; it holds 'a.txt', 'b.txt'",
    ):
        public.add("cdnow", tmp_path / "two.zip", tmp_path)
    (tmp_path / "broken").write_bytes(b"PK\x03\x04 and nothing more")
    with pytest.raises(TableError, match=r"cdnow \(broken\): the file cannot be read"):
        public.add("cdnow", tmp_path / "broken", tmp_path)
    with pytest.raises(TableError, match="there is no file"):
        public.add("cdnow", tmp_path / "nowhere.csv", tmp_path)
    with pytest.raises(TableError, match=r"there are cdnow, .*\. Did you mean 'hillstrom'\?"):
        public.add("hilstrom", tmp_path / "two.zip", tmp_path)


def test_a_set_that_is_not_here_says_how_to_get_it(tmp_path, monkeypatch):
    """An empty store."""
    monkeypatch.setenv("RETORNO_RAW", str(tmp_path))
    with pytest.raises(TableError, match="retorno data get cdnow, or download it from http:/"):
        locate("cdnow")
    assert public.kept("cdnow") is None


class Quiet(http.server.SimpleHTTPRequestHandler):
    def log_message(self, *arguments):
        """Keep the server silent."""


@pytest.fixture
def server(tmp_path):
    """A web server on this machine that offers the files of its folder."""
    folder = tmp_path / "site"
    folder.mkdir()
    handler = functools.partial(Quiet, directory=str(folder))
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler) as web:
        threading.Thread(target=web.serve_forever, daemon=True).start()
        yield folder, f"http://127.0.0.1:{web.server_port}"
        web.shutdown()


def test_get_downloads_recognises_and_keeps(public_data, server, tmp_path, capfd):
    """From a server on this machine; nothing is printed on the way."""
    site, address = server
    (site / "master.txt").write_bytes(origin_of_cdnow(public_data))
    kept = public.get("cdnow", tmp_path / "raw", url=f"{address}/master.txt")
    assert query(kept, "count(*)") == (69_659,)
    assert capfd.readouterr() == ("", "")


def test_get_says_how_to_go_on_by_hand_when_the_network_fails(server, tmp_path):
    """A page that is not there, a machine that is not there, a page that is something else."""
    site, address = server
    for url in (f"{address}/gone.zip", "http://127.0.0.1:9/x.zip"):
        with pytest.raises(TableError, match=r"cannot be downloaded .*retorno data add cdnow FILE"):
            public.get("cdnow", tmp_path / "raw", url=url)
    (site / "page.html").write_text("<html>moved</html>")
    with pytest.raises(TableError, match="this is not CDNOW master data set"):
        public.get("cdnow", tmp_path / "raw", url=f"{address}/page.html")
    assert not (tmp_path / "raw").exists()
