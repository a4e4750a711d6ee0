"""Encodings of Chinese texts, with declarations that are missing or lie."""

from __future__ import annotations

import struct
import warnings

import geopandas as gpd
import pytest
import shapely
from hypothesis import given
from hypothesis import strategies as st

from yzgeo.errors import FileUnreadableError
from yzgeo.ingest import encoding

NAMES = [
    "红旗街道",
    "工人街道",
    "铁西街道",
    "铜钟街道",
    "柴河街道",
    "岭东街道",
    "辽海街道",
    "龙山乡",
    "占地面积",
    "改造进度",
]


@pytest.mark.parametrize("declared", [None, "UTF-8", "GBK", "936", "ISO-8859-1", "OEM"])
@pytest.mark.parametrize(("codec", "expected"), [("gbk", "GBK"), ("utf-8", "UTF-8")])
def test_ordinary_names_are_decided_whatever_the_file_claims(codec, expected, declared):
    guess = encoding.guess([name.encode(codec) for name in NAMES], declared=declared)
    assert (guess.verdict, guess.chosen) == ("certain", expected)
    assert guess.candidates[0].id == expected


@pytest.mark.parametrize("codec", ["gbk", "utf-8"])
def test_one_name_is_enough(codec, catalogue):
    lines = (catalogue.root / catalogue.district.communities_file).read_text(encoding="utf-8").splitlines()[1:]
    for line in lines:
        name = line.split(",")[1]
        guess = encoding.guess([name.encode(codec)])
        assert guess.chosen == ("GBK" if codec == "gbk" else "UTF-8"), name


def test_the_famous_two_characters_do_not_become_something_else():
    # The GBK bytes of this word pass sloppy UTF-8 checks; strict ones refuse the overlong form.
    assert encoding.guess(["联通".encode("gbk")]).chosen == "GBK"


def test_four_byte_characters_need_gb18030():
    guess = encoding.guess(["䶮家㙟社区".encode("gb18030"), *(name.encode("gbk") for name in NAMES)])
    assert guess.chosen == "GB18030"


def test_marks_and_plain_texts():
    assert encoding.guess(["名称".encode("utf-8-sig")]).chosen == "UTF-8-SIG"
    assert encoding.guess(["名称".encode("utf-16")]).chosen == "UTF-16"
    assert encoding.guess([b"code", b"name"]).chosen == "UTF-8"
    assert encoding.guess([b"code"], declared="936").chosen == "GBK"
    assert encoding.guess([]).verdict == "certain"


def test_bytes_that_are_neither_are_refused():
    assert encoding.guess([b"\xff\xfe\xff\xff\x80"]).verdict in {"refuse", "certain"}
    assert encoding.guess([b"abc\xff\xff"]).verdict == "refuse"


@given(st.lists(st.sampled_from(NAMES), min_size=1, max_size=4), st.integers(1, 30), st.sampled_from(["gbk", "utf-8"]))
def test_a_text_cut_anywhere_is_never_taken_for_the_other(names, width, codec):
    raw = "".join(names).encode(codec)[:width]
    guess = encoding.guess([raw])
    if guess.chosen is not None and not raw.isascii() and guess.candidates and len(raw) >= 4:
        assert guess.chosen == ("GBK" if codec == "gbk" else "UTF-8")
    assert "\ufffd" not in encoding.decode(raw, "GBK" if codec == "gbk" else "UTF-8")


@pytest.mark.parametrize(
    ("text", "expected"),
    [("utf-8", "UTF-8"), ("CP936\r\n", "GBK"), ("GB 18030", "GB18030"), ("", None), ("big5", None)],
)
def test_code_page_names(text, expected):
    assert encoding.canonical(text) == expected


@pytest.mark.parametrize("codec", ["GBK", "UTF-8"])
def test_a_real_shapefile_table(tmp_path, codec):
    frame = gpd.GeoDataFrame(
        {"占地面积平方米": [1.0, 2.0], "名称": ["红旗街道", "铁西街道"]},
        geometry=[shapely.Point(0, 0), shapely.Point(1, 1)],
    )
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # no .prj on purpose, and names longer than a DBF keeps
        frame.to_file(tmp_path / "a.shp", encoding=codec)
    content = (tmp_path / "a.dbf").read_bytes()
    head = encoding.read_dbf_head(content)
    samples = encoding.dbf_samples(content, head)
    guess = encoding.guess(samples, declared="GBK" if codec == "UTF-8" else "UTF-8")
    assert guess.chosen == codec
    names = encoding.dbf_names(head, codec)
    assert head.records == 2
    assert names[0] == ("占地面积平" if codec == "GBK" else "占地面", True)
    assert names[1] == ("名称", False)
    assert "铁西街道".encode(codec) in samples


def test_a_name_cut_inside_a_character():
    raw = "占地面积平方米".encode()[:10]
    head = encoding.DbfHead((encoding.DbfField(raw, "N", 10),), 0, 65, 11, None)
    assert encoding.dbf_names(head, "UTF-8") == (("占地面", True),)


@given(st.binary(max_size=200))
def test_a_broken_table_is_refused_or_read(content):
    try:
        head = encoding.read_dbf_head(content)
    except FileUnreadableError:
        return
    encoding.guess(encoding.dbf_samples(content, head))


def test_the_head_names_a_code_page():
    content = (
        struct.pack("<B3xIHH17xB2x", 3, 0, 65, 11, 0x4D)
        + b"NAME".ljust(11, b"\0")
        + b"C"
        + b"\0" * 4
        + b"\x0a"
        + b"\0" * 15
        + b"\r"
    )
    assert encoding.read_dbf_head(content).code_page == "GBK"


def test_member_names_of_an_archive():
    names = [name.encode("gbk") for name in NAMES] + ["备注.txt".encode()]
    assert encoding.zip_names(names, [False] * len(NAMES) + [True]) == (*NAMES, "备注.txt")
    assert encoding.zip_names([b"a.shp"], [False]) == ("a.shp",)


def test_the_answer_can_be_reported():
    answer = encoding.guess([name.encode("gbk") for name in NAMES], declared="UTF-8").as_dict()
    assert answer["chosen"] == "GBK"
    assert "声明为 UTF-8" in answer["candidates"][0]["evidence"][0]


def test_names_cut_inside_a_character_are_mended_and_kept_apart(tmp_path):
    names = ["占地面积甲", "占地面积乙", "名称"]
    fields = b"".join(name.encode()[:10].ljust(11, b"\0") + b"C" + b"\0" * 4 + b"\x0a" + b"\0" * 15 for name in names)
    content = struct.pack("<B3xIHH17xB2x", 3, 0, 32 + 96 + 1, 31, 0) + fields + b"\r"
    mended = encoding.mend_dbf_names(content, encoding.read_dbf_head(content), "UTF-8")
    head = encoding.read_dbf_head(mended)
    assert [name for name, _ in encoding.dbf_names(head, "UTF-8")] == ["占地面", "占地_2", "名称"]
    assert len(mended) == len(content)
    assert encoding.mend_dbf_names(mended, head, "UTF-8") == mended


def test_each_candidate_shows_what_it_reads():
    texts = ["红旗街道", "棚户区", "PH-01", "红旗街道"]
    answer = encoding.guess([text.encode("gbk") for text in texts]).as_dict()
    assert [(one["id"], one["samples"]) for one in answer["candidates"]] == [("GBK", ["红旗街道", "棚户区"])]
    both = encoding.guess(["地块".encode()])  # six bytes that GBK reads too, as three other characters
    assert {one.id: one.samples for one in both.candidates} == {"UTF-8": ("地块",), "GBK": ("鍦板潡",)}
