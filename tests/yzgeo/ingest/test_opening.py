"""Files are opened for what they are, and the person's own files stay as they were."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from yzgeo.errors import FileUnreadableError
from yzgeo.ingest.opening import open_file

CORPUS = Path(__file__).parents[2] / "data" / "import"


@pytest.mark.parametrize(
    ("name", "kind", "encoding", "declared_by"),
    [
        ("zone_gbk.zip", "shp", "GBK", "file"),
        ("lying_cpg.zip", "shp", "GBK", "file"),
        ("utf8_without_cpg.zip", "shp", "UTF-8", "file"),
        ("mapinfo_tab.zip", "tab", "GBK", "file"),
        ("mapinfo_mif.zip", "mif", "GBK", "file"),
        ("declared.gpkg.zip", "gpkg", None, "file"),
        ("bare.geojson", "geojson", None, "format"),
        ("places.kmz", "kml", None, "format"),
        ("drawing.dxf", "dxf", "GBK", "nothing"),
        ("ledger_plain.xlsx", "xlsx", None, "nothing"),
        ("ledger_old.xls", "xls", None, "nothing"),
        ("ledger_gbk.csv", "csv", None, "nothing"),
    ],
)
def test_what_a_file_is(name, kind, encoding, declared_by, tmp_path):
    opened = open_file(CORPUS / name, tmp_path)
    assert (opened.kind, opened.declared_by) == (kind, declared_by)
    assert (opened.encoding.chosen if opened.encoding else None) == encoding
    assert (CORPUS / name).stem in opened.stated


def test_a_table_is_mended_in_a_copy(tmp_path):
    source = tmp_path / "own"
    shutil.unpack_archive(CORPUS / "utf8_without_cpg.zip", source)
    before = {path.name: path.read_bytes() for path in source.iterdir()}
    folder = tmp_path / "folder"
    folder.mkdir()
    opened = open_file(source / "parcels.shp", folder)
    assert opened.path.parent != source
    assert {path.name: path.read_bytes() for path in source.iterdir()} == before


def test_titles_of_a_geojson_file_are_heard(catalogue, tmp_path):
    opened = open_file(catalogue.root / catalogue.district.boundary_file, tmp_path)
    assert any("WGS84" in text for text in opened.stated)


def test_parts_that_are_missing_and_choices_that_are_open(tmp_path):
    source = tmp_path / "own"
    shutil.unpack_archive(CORPUS / "zone_gbk.zip", source)
    (source / "parcels.dbf").unlink()
    with pytest.raises(FileUnreadableError, match=r"\.dbf"):
        open_file(source / "parcels.shp", tmp_path)
    shutil.copy(CORPUS / "ledger_gbk.csv", source / "a.csv")
    shutil.copy(CORPUS / "bare.geojson", source / "b.geojson")
    (source / "parcels.shp").unlink()
    packed = Path(shutil.make_archive(str(tmp_path / "two"), "zip", source))
    with pytest.raises(FileUnreadableError, match=r"a\.csv"):
        open_file(packed, tmp_path / "one")
    assert open_file(packed, tmp_path / "other", member="b").kind == "geojson"
