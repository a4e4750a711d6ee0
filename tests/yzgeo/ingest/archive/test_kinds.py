"""Files are what their bytes say."""

from __future__ import annotations

import struct

import pytest

from yzgeo.errors import FileUnreadableError, XmlEntitiesError
from yzgeo.ingest.archive import kinds

PNG = b"\x89PNG\r\n\x1a\n" + b"\0" * 40


@pytest.mark.parametrize(
    ("head", "kind"),
    [
        (struct.pack(">I", 9994) + b"\0" * 96, "shp"),
        (b"SQLite format 3\0", "gpkg"),
        (b"PK\x03\x04....", "zip"),
        (b'{"type": "FeatureCollection"', "geojson"),
        ("\ufeff{}".encode(), "geojson"),
        (b'<?xml version="1.0"?>\n<!-- c -->\n<kml xmlns="x">', "kml"),
        ('<?xml version="1.0" encoding="UTF-16"?><kml>'.encode("utf-16"), "kml"),
        (b"<gpx version='1.1'>", "gpx"),
        (b"<!DOCTYPE html><html>", "html"),
        (b"!table\n!version 300", "tab"),
        (b"Version   450\nCharset", "mif"),
        (b"  0\r\nSECTION\r\n  2\r\nHEADER", "dxf"),
        (b"999\nmade by\n0\nSECTION\n", "dxf"),
        (b"AutoCAD Binary DXF\r\n", "dxf"),
        (b"AC1032\0\0", "dwg"),
        (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", "xls"),
        (b"\0\0\0\x0d\x0a\x09OSMHeader", "osm.pbf"),
        ("编号,名称\n1,红旗\n".encode("gbk"), "csv"),
        ("编号,名称\n1,红旗\n".encode(), "csv"),
        (PNG, "png"),
        (b"%PDF-1.7", "pdf"),
        (b"\x00\x01\x02\x03", "unknown"),
        (b"   ", "unknown"),
    ],
)
def test_content_tells_the_kind(head, kind):
    assert kinds.sniff(head) == kind


@pytest.mark.parametrize(
    ("name", "head"),
    [
        ("地块.shp", PNG),
        ("地块.shp", b""),
        ("地块.gpkg", b"PK\x03\x04"),
        ("地块.dwg", b"AC1027\0"),
        ("photo.png", PNG),
        ("a.geojson", b"\x7fELF"),
        ("a.csv", b"\x00\x01\x02\x03"),
        ("a.kml", b"<html>"),
        ("a.xlsx", b"%PDF-1.7"),
    ],
)
def test_a_file_that_is_not_what_its_name_says_is_refused(name, head):
    with pytest.raises(FileUnreadableError):
        kinds.check_kind(name, head, len(head))


def test_a_truthful_name_passes():
    assert kinds.check_kind("地块.SHP", struct.pack(">I", 9994), 4) == "shp"
    assert kinds.check_kind("台账.xls", b"PK\x03\x04", 4) == "zip"
    assert kinds.check_kind("表.txt", "编号,名称".encode("gbk"), 9) == "csv"


@pytest.mark.parametrize("codec", ["utf-8", "utf-16"])
def test_entities_in_xml_are_refused(codec):
    text = '<?xml version="1.0"?><!DOCTYPE kml [<!ENTITY a "aaaaaaaaaa"><!ENTITY b "&a;&a;">]><kml>&b;</kml>'
    with pytest.raises(XmlEntitiesError):
        kinds.check_kind("a.kml", text.encode(codec), 100)
    with pytest.raises(XmlEntitiesError):
        kinds.check_kind("a.gpx", text.replace("kml", "gpx").encode(codec), 100)
    with pytest.raises(XmlEntitiesError):
        kinds.check_xml("a.kml", text.encode(codec))


def test_files_that_belong_together():
    names = [
        "a/地块.SHP",
        "a/地块.dbf",
        "a/地块.PRJ",
        "a/管线.shp",
        "库.gdb/a00000001.gdbtable",
        "库.gdb/gdb",
        "台账.xlsx",
        "说明.pdf",
    ]
    found = {item.main: item for item in kinds.data_sets(names)}
    assert found["a/地块.SHP"].parts == ("a/地块.dbf", "a/地块.PRJ")
    assert found["a/地块.SHP"].missing == ()
    assert found["a/管线.shp"].missing == (".dbf",)
    assert found["库.gdb"].kind == "gdb"
    assert found["台账.xlsx"].kind == "xlsx"
    assert set(found) == {"a/地块.SHP", "a/管线.shp", "库.gdb", "台账.xlsx"}
