"""Make the corpus of the import desk with real writers, and the truth beside each file.

Run it from the root of the checkout: ``python tests/data/import/make.py``. Positions come from one set of parcels
inside the district; every file holds them (or some of them) in another guise. Nothing here uses the code under test.
"""

from __future__ import annotations

import datetime as dt
import io
import json
import re
import shutil
import tempfile
import warnings
import zipfile
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

import ezdxf
import geopandas as gpd
import numpy as np
import openpyxl
import pyproj
import shapely
import xlwt

HERE = Path(__file__).parent
MADE = dt.datetime(2024, 6, 30, 8, 0, 0)  # noqa: DTZ001 - spreadsheets know no zones
NAMES = ["南关地块", "北关地块", "铁西地块", "岭东地块", "柴河地块", "龙首地块"]
STREETS = ["红旗街道", "红旗街道", "铁西街道", "岭东街道", "柴河街道", "工人街道"]
STAGES = ["签约", "拆除", "净地", "未启动", "调查摸底", "再利用"]
STAGE_IDS = ["signing", "demolished", "cleared", "planned", "surveyed", "reused"]
HOUSEHOLDS = [120, 80, 60, 45, 210, 33]
CODES = [f"PH-{number:02d}" for number in range(1, 7)]
AREAS_M2 = [4800.0, 3000.0, 6000.0, 1500.0, 7500.0, 2400.0]
AREAS_MU = [area * 15 / 10_000 for area in AREAS_M2]

# A made-up datum shift of the usual size; the truth files carry it, since no real one may be published.
SEVEN = {
    "dx_m": 15.8,
    "dy_m": -154.4,
    "dz_m": -82.3,
    "rx_arcsec": 0.4,
    "ry_arcsec": -0.3,
    "rz_arcsec": 0.6,
    "scale_ppm": 1.4,
}


def parcels() -> gpd.GeoDataFrame:
    """Six turned rectangles with exact areas, more than a kilometre inside the outline (EPSG:4529)."""
    middle = [(41_571_200, 4_684_400), (41_570_300, 4_685_900), (41_567_500, 4_683_200), (41_573_300, 4_683_600)]
    middle += [(41_570_900, 4_688_000), (41_569_400, 4_681_500)]
    shapes = []
    for number, ((east, north), area) in enumerate(zip(middle, AREAS_M2, strict=True)):
        width = 60.0
        shape = shapely.box(east - width / 2, north - area / width / 2, east + width / 2, north + area / width / 2)
        shapes.append(shapely.affinity.rotate(shape, 7.0 * number))
    data = {"编号": CODES, "名称": NAMES, "占地面积": AREAS_M2, "涉及户数": HOUSEHOLDS, "改造进度": STAGES}
    return gpd.GeoDataFrame(data, geometry=shapes, crs=4529)


def lonlat(frame: gpd.GeoDataFrame) -> gpd.GeoDataFrame:
    """The parcels in CGCS2000 degrees."""
    return frame.to_crs(4490)


def moved(frame: gpd.GeoDataFrame, change: Callable[[np.ndarray], np.ndarray], crs: Any = None) -> gpd.GeoDataFrame:
    """Other numbers, and no declaration unless one is given."""
    shapes = shapely.transform(frame.geometry.to_numpy(), change)
    return gpd.GeoDataFrame(frame.drop(columns="geometry"), geometry=shapes, crs=crs)


def vertices(frame: gpd.GeoDataFrame) -> list[list[list[float]]]:
    """The truth: the outline of each shape in CGCS2000 degrees, ten decimals."""
    degrees = lonlat(frame).geometry
    return [np.round(shapely.get_coordinates(shape), 10).tolist() for shape in degrees]


def centres(frame: gpd.GeoDataFrame) -> np.ndarray:
    """Middles of the parcels, CGCS2000 degrees, shape (n, 2)."""
    return shapely.get_coordinates(frame.geometry.centroid.to_crs(4490))


def gcj02(points: np.ndarray) -> np.ndarray:
    """The documented shift, point by point: an oracle of its own, slow and plain."""
    from math import cos, pi, sin, sqrt

    moved_points = []
    for lon, lat in points:
        x, y = lon - 105, lat - 35
        both = (20 * sin(6 * x * pi) + 20 * sin(2 * x * pi)) * 2 / 3
        north = -100 + 2 * x + 3 * y + 0.2 * y * y + 0.1 * x * y + 0.2 * sqrt(abs(x)) + both
        north += (20 * sin(y * pi) + 40 * sin(y / 3 * pi)) * 2 / 3 + (
            160 * sin(y / 12 * pi) + 320 * sin(y * pi / 30)
        ) * 2 / 3
        east = 300 + x + 2 * y + 0.1 * x * x + 0.1 * x * y + 0.1 * sqrt(abs(x)) + both
        east += (20 * sin(x * pi) + 40 * sin(x / 3 * pi)) * 2 / 3 + (
            150 * sin(x / 12 * pi) + 300 * sin(x / 30 * pi)
        ) * 2 / 3
        axis, squared = 6378245.0, 0.00669342162296594323
        magic = 1 - squared * sin(lat / 180 * pi) ** 2
        moved_points.append(
            (
                lon + east * 180 / (axis / sqrt(magic) * cos(lat / 180 * pi) * pi),
                lat + north * 180 / (axis * (1 - squared) / (magic * sqrt(magic)) * pi),
            )
        )
    return np.array(moved_points)


def bd09(points: np.ndarray) -> np.ndarray:
    """The second shift on top of the first."""
    from math import atan2, cos, pi, sin, sqrt

    moved_points = []
    for x, y in gcj02(points):
        radius = sqrt(x * x + y * y) + 0.00002 * sin(y * pi * 3000 / 180)
        angle = atan2(y, x) + 0.000003 * cos(x * pi * 3000 / 180)
        moved_points.append((radius * cos(angle) + 0.0065, radius * sin(angle) + 0.006))
    return np.array(moved_points)


def old_datum(points: np.ndarray, code: int) -> np.ndarray:
    """CGCS2000 degrees to a plane system of an old datum, through the inverse of SEVEN."""
    base = pyproj.CRS.from_epsg(code).geodetic_crs
    ellipsoid = f"+a={base.ellipsoid.semi_major_metre!r} +rf={base.ellipsoid.inverse_flattening!r}"
    shift = "+x={dx_m} +y={dy_m} +z={dz_m} +rx={rx_arcsec} +ry={ry_arcsec} +rz={rz_arcsec} +s={scale_ppm}".format(
        **SEVEN
    )
    pipeline = (
        "+proj=pipeline +step +proj=unitconvert +xy_in=deg +xy_out=rad +step +proj=cart +ellps=GRS80 "
        f"+step +inv +proj=helmert {shift} +convention=position_vector "
        f"+step +inv +proj=cart {ellipsoid} +step +proj=unitconvert +xy_in=rad +xy_out=deg"
    )
    lon, lat, _ = pyproj.Transformer.from_pipeline(pipeline).transform(*points.T, np.zeros(len(points)))
    return np.column_stack(pyproj.Transformer.from_crs(base, code, always_xy=True).transform(lon, lat))


def projected(points: np.ndarray, code: int) -> np.ndarray:
    """CGCS2000 degrees to another system that shares its datum."""
    return np.column_stack(pyproj.Transformer.from_crs(4490, code, always_xy=True).transform(*points.T))


# ---- writers -------------------------------------------------------------------------------------------------------


def save(name: str, content: bytes, truth: dict[str, Any]) -> None:
    """Write a file and its truth."""
    if len(content) >= 50_000:
        raise ValueError(f"{name} has {len(content)} bytes")
    (HERE / name).write_bytes(content)
    text = json.dumps({"file": name, **truth}, ensure_ascii=False, indent=1)
    (HERE / f"{name}.truth.json").write_text(text + "\n", encoding="utf-8")


def pack(
    files: dict[str, bytes], *, method: int = zipfile.ZIP_DEFLATED, raw_names: dict[str, bytes] | None = None
) -> bytes:
    """Make a zip with fixed times; names of ``raw_names`` are put in behind the library's back, without a flag."""
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w", method) as archive:
        for name, content in files.items():
            info = zipfile.ZipInfo(name, (2024, 6, 30, 8, 0, 0))
            info.compress_type = method
            archive.writestr(info, content)
    content = stream.getvalue()
    for name, raw in (raw_names or {}).items():
        if len(name) != len(raw):
            raise ValueError(name)
        content = content.replace(name.encode(), raw)
    return content


def written(frame: gpd.GeoDataFrame, name: str, **options: Any) -> dict[str, bytes]:
    """Let GDAL write a file, and take all its parts."""
    with tempfile.TemporaryDirectory() as folder, warnings.catch_warnings():
        warnings.simplefilter("ignore")  # missing declarations and cut names are the point
        frame.to_file(Path(folder) / name, engine="pyogrio", **options)
        paths = sorted(path for path in Path(folder).rglob("*") if path.is_file())
        return {path.relative_to(folder).as_posix(): path.read_bytes() for path in paths}


def shapefile(
    frame: gpd.GeoDataFrame, *, encoding: str, cpg: str | None = None, prj: str | None = None, stem: str = "parcels"
) -> dict[str, bytes]:
    """A Shapefile with exactly the declarations that are given."""
    files = written(frame, f"{stem}.shp", encoding=encoding)
    files = {name: content for name, content in files.items() if not name.endswith((".cpg", ".prj"))}
    table = bytearray(files[f"{stem}.dbf"])
    table[29] = 0  # the language mark
    files[f"{stem}.dbf"] = bytes(table)
    if cpg is not None:
        files[f"{stem}.cpg"] = cpg.encode()
    if prj is not None:
        files[f"{stem}.prj"] = prj.encode()
    return files


def workbook(fill: Callable[[Any], None]) -> bytes:
    """An XLSX with one sheet, always the same bytes inside."""
    book = openpyxl.Workbook()
    fill(book)
    book.properties.created = book.properties.modified = MADE
    stream = io.BytesIO()
    book.save(stream)
    with zipfile.ZipFile(io.BytesIO(stream.getvalue())) as archive:
        parts = {name: archive.read(name) for name in archive.namelist()}
    # The library stamps the moment of saving, whatever it is told.
    core = re.sub(rb"(<dcterms:modified[^>]*>)[^<]*", rb"\g<1>2024-06-30T08:00:00Z", parts["docProps/core.xml"])
    return pack({**parts, "docProps/core.xml": core})


def table_text(rows: Iterable[Iterable[object]]) -> str:
    """Comma separated lines."""
    return "".join(",".join(str(value) for value in row) + "\r\n" for row in rows)


def crs_truth(frame: gpd.GeoDataFrame, truth: str, verdict: str, **more: Any) -> dict[str, Any]:
    """The truth of a file with shapes."""
    return {
        "crs": {"truth": truth, "verdict": verdict, **more},
        "rows": len(frame),
        "codes": list(frame["编号"]),
        "vertices": vertices(parcels().iloc[: len(frame)]),
    }


def esri(code: int) -> str:
    """A .prj as other programs write it."""
    return pyproj.CRS.from_epsg(code).to_wkt("WKT1_ESRI")


# ---- cases ---------------------------------------------------------------------------------------------------------


def shapefiles() -> None:
    """Shapefiles: encodings and systems, declared, missing and lying."""
    zone = parcels()
    degrees = lonlat(zone)
    plain = moved(degrees, lambda points: projected(points, 4550))

    save(
        "zone_gbk.zip",
        pack(shapefile(moved(zone, np.array), encoding="GBK", cpg="GBK", prj=esri(4529))),
        {"encoding": "GBK", **crs_truth(zone, "EPSG:4529", "certain")},
    )
    save(
        "plain_gbk_undeclared.zip",
        pack(shapefile(plain, encoding="GBK")),
        {"encoding": "GBK", **crs_truth(zone, "EPSG:4550", "ask")},
    )
    save(
        "lying_cpg.zip",
        pack(shapefile(plain, encoding="GBK", cpg="UTF-8", prj=esri(4550))),
        {"encoding": "GBK", **crs_truth(zone, "EPSG:4550", "certain")},
    )
    save(
        "utf8_without_cpg.zip",
        pack(shapefile(plain, encoding="UTF-8", prj=esri(4510))),
        {"encoding": "UTF-8", "cut": ["占地面", "涉及户", "改造进"], **crs_truth(zone, "EPSG:4510", "certain")},
    )
    files = shapefile(plain, encoding="GBK", prj=esri(4550), stem="AAAAAAAA")
    raw = "红旗棚户".encode("gbk")
    save(
        "gbk_member_names.zip",
        pack(files, raw_names={"AAAAAAAA": raw}),
        {"encoding": "GBK", "members": "红旗棚户.shp", **crs_truth(zone, "EPSG:4550", "certain")},
    )
    six = moved(degrees, lambda points: projected(points, 4499))
    save(
        "six_degree.zip",
        pack(shapefile(six, encoding="GBK", prj=esri(4499))),
        {"encoding": "GBK", **crs_truth(zone, "EPSG:4499", "certain")},
    )
    mercator = moved(degrees, lambda points: projected(points, 3857))
    save(
        "mercator_undeclared.zip",
        pack(shapefile(mercator, encoding="UTF-8", cpg="UTF-8")),
        {"encoding": "UTF-8", **crs_truth(zone, "EPSG:3857", "ask")},
    )
    save(
        "contradicted_prj.zip",
        pack(shapefile(moved(zone, np.array), encoding="GBK", prj=esri(4550))),
        {"encoding": "GBK", **crs_truth(zone, "EPSG:4529", "ask")},
    )
    gcj = moved(degrees, gcj02)
    save(
        "gcj02_undeclared.zip",
        pack(shapefile(gcj, encoding="UTF-8", cpg="UTF-8")),
        {"encoding": "UTF-8", **crs_truth(zone, "GCJ-02", "ask"), "register_decides": True},
    )
    xian = moved(degrees, lambda points: old_datum(points, 2386))
    save(
        "xian80.zip",
        pack(shapefile(xian, encoding="GBK", prj=esri(2386))),
        {"encoding": "GBK", "seven_parameters": SEVEN, **crs_truth(zone, "EPSG:2386", "refuse")},
    )
    beijing = moved(degrees, lambda points: old_datum(points, 2417))
    corner = centres(zone) + np.array([0.02, 0.01])
    control = {"source_crs": "EPSG:2417", "target_crs": "EPSG:4550"} | {
        "source": np.round(old_datum(corner, 2417), 4).tolist(),
        "target": np.round(projected(corner, 4550), 4).tolist(),
    }
    save(
        "beijing54.zip",
        pack(shapefile(beijing, encoding="GBK", prj=esri(2417))),
        {"encoding": "GBK", "control_points": control, **crs_truth(zone, "EPSG:2417", "refuse")},
    )
    utm = moved(degrees, lambda points: projected(points, 32651))
    save(
        "utm.zip",
        pack(shapefile(utm, encoding="UTF-8", cpg="UTF-8", prj=esri(32651))),
        {"encoding": "UTF-8", **crs_truth(zone, "EPSG:32651", "certain")},
    )


def other_formats() -> None:
    """GeoPackage, GeoJSON, KML, GPX, MapInfo, DXF, FileGDB."""
    zone = parcels()
    degrees = lonlat(zone)
    save(
        "declared.gpkg.zip",
        pack(written(degrees, "parcels.gpkg", layer="棚户区", layer_options={"VERSION": "1.3"})),
        {"encoding": None, **crs_truth(zone, "EPSG:4490", "certain")},
    )
    text = degrees.to_json(drop_id=True, ensure_ascii=False)
    member = {"crs": {"type": "name", "properties": {"name": "urn:ogc:def:crs:EPSG::4490"}}}
    save(
        "declared.geojson",
        json.dumps({**json.loads(text), **member}, ensure_ascii=False).encode(),
        {"encoding": None, **crs_truth(zone, "EPSG:4490", "certain")},
    )
    bare = json.loads(text)
    bare.pop("crs", None)
    save(
        "bare.geojson",
        json.dumps(bare, ensure_ascii=False).encode(),
        {"encoding": None, **crs_truth(zone, "EPSG:4326", "ask"), "register_decides": True},
    )
    shifted = json.loads(moved(degrees, gcj02).to_json(drop_id=True, ensure_ascii=False))
    shifted.pop("crs", None)
    save(
        "gcj02.geojson",
        json.dumps(shifted, ensure_ascii=False).encode(),
        {"encoding": None, **crs_truth(zone, "GCJ-02", "ask"), "register_decides": True},
    )
    kml = written(degrees.to_crs(4326).rename(columns={"名称": "Name"}), "parcels.kml", driver="LIBKML")["parcels.kml"]
    kml_truth = {"encoding": None, **crs_truth(zone, "EPSG:4326", "ask"), "register_decides": True}
    save("places.kml", kml, kml_truth)
    save("places.kmz", pack({"doc.kml": kml}), kml_truth)
    points = gpd.GeoDataFrame({"name": NAMES}, geometry=gpd.points_from_xy(*centres(zone).T), crs=4326)
    save(
        "waypoints.gpx",
        written(points, "w.gpx", driver="GPX", layer="waypoints")["w.gpx"],
        {
            "encoding": None,
            "crs": {"truth": "EPSG:4326", "verdict": "ask"},
            "rows": 6,
            "vertices": [[point] for point in np.round(centres(zone), 10).tolist()],
        },
    )
    # GDAL writes Chinese texts but mangles Chinese column names in this format.
    # It keeps coordinates as whole numbers of 32 bits, so the bounds decide how fine they are.
    bounds = {"BOUNDS": "123,42,124,43"}
    english = {"编号": "code", "名称": "name", "占地面积": "area_m2", "涉及户数": "households", "改造进度": "stage"}
    tab = moved(degrees, lambda points: projected(points, 4326), 4326).rename(columns=english)
    save(
        "mapinfo_tab.zip",
        pack(written(tab, "parcels.tab", driver="MapInfo File", encoding="CP936", layer_options=bounds)),
        {"encoding": "GBK", **crs_truth(zone, "EPSG:4326", "certain")},
    )
    save(
        "mapinfo_mif.zip",
        pack(written(tab, "parcels.mif", driver="MapInfo File", encoding="CP936")),
        {"encoding": "GBK", **crs_truth(zone, "EPSG:4326", "certain")},
    )
    drawing(zone)
    broken(zone)


def drawing(zone: gpd.GeoDataFrame) -> None:
    """A DXF of before 2007 in ANSI_936: closed lines on a layer per stage, codes as texts inside."""
    document = ezdxf.new("R2000", setup=False)
    document.header["$DWGCODEPAGE"] = "ANSI_936"
    document.encoding = "gbk"
    space = document.modelspace()
    plain = projected(shapely.get_coordinates(lonlat(zone).geometry), 4550).reshape(6, 5, 2)
    for row, outline in enumerate(plain):
        layer = f"棚户区-{STAGES[row]}"
        if layer not in document.layers:
            document.layers.add(layer)
        space.add_lwpolyline(outline[:-1], close=True, dxfattribs={"layer": layer})
        space.add_text(zone["编号"].iloc[row], height=5, dxfattribs={"layer": layer}).set_placement(
            outline.mean(axis=0)
        )
    stream = io.StringIO()
    document.write(stream)
    save(
        "drawing.dxf",
        stream.getvalue().encode("gbk"),
        {"encoding": "GBK", **crs_truth(zone, "EPSG:4550", "ask"), "layers": [f"棚户区-{stage}" for stage in STAGES]},
    )


def broken(zone: gpd.GeoDataFrame) -> None:
    """Shapes that need mending, overlap, leave a gap, or lie outside."""
    east, north = 41_570_000.0, 4_684_000.0

    def ring(*points: tuple[float, float]) -> shapely.Polygon:
        return shapely.Polygon([(east + x, north + y) for x, y in points])

    shapes = [
        ring((0, 0), (100, 100), (100, 0), (0, 100)),
        ring((200, 0), (300, 0), (300, 0), (300, 100), (200, 100)),
        shapely.force_3d(ring((400, 0), (500, 0), (500, 100), (400, 100)), 60.0),
        ring((480, 0), (580, 0), (580, 100), (480, 100)),
        ring((580.5, 0), (680, 0), (680, 100), (580.5, 100)),
        ring((200, 0), (300, 0), (300, 100), (200, 100)),
    ]
    data = {"编号": CODES, "占地面积": [5000.0, 10_000.0, 15.0, 10_000.0, 9950.0, 10_000.0]}
    frame = gpd.GeoDataFrame(data, geometry=shapes, crs=4529)
    save(
        "broken_shapes.zip",
        pack(shapefile(moved(frame, lambda points: points), encoding="GBK", prj=esri(4529))),
        {
            "encoding": "GBK",
            "crs": {"truth": "EPSG:4529", "verdict": "certain"},
            "rows": 6,
            "codes": CODES,
            "repairs": [["PH-01", "shape_repaired"], ["PH-02", "points_repeated"]],
            "relations": [
                ["PH-06", "shape_twice"],
                ["PH-04", "overlap"],
                ["PH-04", "gap"],
                ["PH-03", "area_disagrees"],
            ],
        },
    )
    away = moved(lonlat(zone), lambda points: points + np.array([-0.45, -0.49]), 4490)
    save(
        "another_city.zip",
        pack(shapefile(moved(away, np.array), encoding="GBK", prj=esri(4490))),
        {"encoding": "GBK", "crs": {"truth": None, "verdict": "refuse"}, "rows": 6},
    )


def point_tables() -> None:
    """Tables with positions in columns."""
    zone = parcels()
    points = centres(zone)
    codes = list(zone["编号"])
    truth = {"rows": 6, "codes": codes, "vertices": [[point] for point in np.round(points, 10).tolist()]}
    columns = {"编号": "code", "名称": "name"}

    plain = projected(points, 4550)
    rows = [["银州区棚户区控制点（CGCS2000，中央经线123度）"], ["编号", "名称", "X坐标", "Y坐标"]]
    rows += [[code, name, f"{n:.4f}", f"{e:.4f}"] for code, name, (e, n) in zip(codes, NAMES, plain, strict=True)]
    save(
        "north_first.csv",
        table_text(rows).encode("gbk"),
        {"encoding": "GBK", "columns": columns, "crs": {"truth": "EPSG:4550+swapped", "verdict": "certain"}, **truth},
    )
    rows = [["编号", "名称", "X", "Y"]]
    rows += [[code, name, f"{n:.4f}", f"{e:.4f}"] for code, name, (e, n) in zip(codes, NAMES, plain, strict=True)]
    save(
        "north_first_undeclared.csv",
        table_text(rows).encode("utf-8-sig"),
        {
            "encoding": "UTF-8-SIG",
            "columns": columns,
            "crs": {"truth": "EPSG:4550+swapped", "verdict": "ask"},
            **truth,
        },
    )
    rows = [["编号", "名称", "百度经度", "百度纬度"]]
    rows += [[c, n, f"{lon:.9f}", f"{lat:.9f}"] for c, n, (lon, lat) in zip(codes, NAMES, bd09(points), strict=True)]
    save(
        "bd09.csv",
        table_text(rows).encode("gbk"),
        {"encoding": "GBK", "columns": columns, "crs": {"truth": "BD-09", "verdict": "certain"}, **truth},
    )
    rows = [["编号", "名称", "经度", "纬度"]]
    rows += [[c, n, f"{lon:.9f}", f"{lat:.9f}"] for c, n, (lon, lat) in zip(codes, NAMES, bd09(points), strict=True)]
    save(
        "degrees_undeclared.csv",
        table_text(rows).encode("gbk"),
        {
            "encoding": "GBK",
            "columns": columns,
            "crs": {"truth": "BD-09", "verdict": "ask"},
            "register_decides": True,
            **truth,
        },
    )

    def sexagesimal(value: float) -> tuple[int, int, float]:
        total = round(value * 3600, 5)
        degrees, rest = divmod(total, 3600)
        minutes, seconds = divmod(rest, 60)
        return int(degrees), int(minutes), seconds

    rows = [["编号", "名称", "CGCS2000经度(度.分秒)", "CGCS2000纬度(度.分秒)"]]
    for code, name, point in zip(codes, NAMES, points, strict=True):
        packed = [f"{d}.{m:02d}{f'{s:08.5f}'.replace('.', '')}" for d, m, s in map(sexagesimal, point)]
        rows.append([code, name, *packed])
    save(
        "packed_degrees.csv",
        table_text(rows).encode("gbk"),
        {"encoding": "GBK", "columns": columns, "crs": {"truth": "EPSG:4490+dms", "verdict": "certain"}, **truth},
    )

    def fill(book: Any) -> None:
        sheet = book.active
        sheet.title = "点位"
        sheet.append(["点位坐标表（国家2000坐标系）"])
        sheet.merge_cells("A1:D1")
        sheet.append(["编号", "名称", "经度", "纬度"])
        for code, name, point in zip(codes, NAMES, points, strict=True):
            (a, b, c), (d, e, f) = map(sexagesimal, point)
            sheet.append([code, name, f"东经{a}°{b}′{c:.5f}″", f"北纬{d}°{e}′{f:.5f}″"])

    save(
        "degrees_minutes.xlsx",
        workbook(fill),
        {"encoding": None, "columns": columns, "crs": {"truth": "EPSG:4490", "verdict": "certain"}, **truth},
    )


LEDGER_COLUMNS = {"编号": "code", "名称": "name", "占地面积": "area_m2", "涉及户数": "households", "改造进度": "stage"}


def ledger_truth(**more: Any) -> dict[str, Any]:
    """The truth of a ledger without positions."""
    values = {"area_m2": AREAS_M2, "households": HOUSEHOLDS, "stage": STAGE_IDS}
    return {
        "encoding": None,
        "crs": None,
        "rows": 6,
        "codes": CODES,
        "columns": LEDGER_COLUMNS,
        "values": values,
        **more,
    }


def ledger_plain(book: Any) -> None:
    """Title, units, a section per street with subtotals, signatures."""
    sheet = book.active
    sheet.title = "台账"
    sheet.append(["银州区棚户区改造地块台账"])
    sheet.merge_cells("A1:F1")
    sheet.append(["填报单位：住房和城乡建设局", None, None, None, "单位：亩、户"])
    sheet.append(["序号", "编号", "名称", "占地面积（亩）", "涉及户数", "改造进度"])
    number = 0
    for street in dict.fromkeys(STREETS):
        sheet.append([f"{street}"])
        own = [row for row in range(6) if STREETS[row] == street]
        for row in own:
            number += 1
            sheet.append([number, CODES[row], NAMES[row], AREAS_MU[row], HOUSEHOLDS[row], STAGES[row]])
        sheet.append(["小计", None, None, sum(AREAS_MU[row] for row in own), sum(HOUSEHOLDS[row] for row in own)])
    sheet.append(["合计", None, None, sum(AREAS_MU), sum(HOUSEHOLDS)])
    sheet.append(["填表人：　　　审核人：　　　填报日期：2024.6.30"])


def ledger_two_levels(book: Any) -> None:
    """A merged head of two levels, a row of units, dates of every kind."""
    sheet = book.active
    sheet.title = "台账"
    sheet.append(["编号", "名称", "规模", None, "进度", None, "备注"])
    sheet.append([None, None, "占地面积", "涉及户数", "改造进度", "计划完成", None])
    sheet.append([None, None, "万㎡", "户", None, None, None])
    for row in range(6):
        sheet.append([CODES[row], NAMES[row], AREAS_M2[row] / 10_000, HOUSEHOLDS[row], STAGES[row], DATES[row], None])
    for area in ("A1:A2", "B1:B2", "C1:D1", "E1:F1", "G1:G2"):
        sheet.merge_cells(area)


def ledger_by_street(book: Any) -> None:
    """A cover and one sheet per street office."""
    book.active.title = "填表说明"
    book.active.append(["各街道于每月 30 日前报送。"])
    for street in dict.fromkeys(STREETS):
        sheet = book.create_sheet(street)
        sheet.append([f"{street}棚户区改造进度表"])
        sheet.merge_cells("A1:E1")
        sheet.append(["编号", "名称", "占地面积(公顷)", "涉及户数", "改造进度"])
        for row in range(6):
            if STREETS[row] == street:
                sheet.append([CODES[row], NAMES[row], AREAS_M2[row] / 10_000, f"{HOUSEHOLDS[row]}户", STAGES[row]])
        sheet.append(["合计", None, None, None, None])


def ledger_several(book: Any) -> None:
    """Two sub-parcels in one row, full-width digits."""
    sheet = book.active
    sheet.title = "台账"
    sheet.append(["编号", "名称", "占地面积", "涉及户数", "改造进度"])
    pair = [f"{AREAS_M2[row]:.0f}㎡" for row in (0, 1)]
    sheet.append(["PH-01\nPH-02", "①南关地块\n②北关地块", "\n".join(pair), "120；80", "签约\n拆除"])
    for row in range(2, 6):
        area = f"{AREAS_M2[row]:,.1f}".translate({ord(str(d)): chr(0xFF10 + d) for d in range(10)})
        sheet.append([CODES[row], NAMES[row], area, HOUSEHOLDS[row], STAGES[row]])


def ledgers() -> None:
    """Ledgers without positions, in the forms that street offices use."""
    save("ledger_plain.xlsx", workbook(ledger_plain), ledger_truth(sections=STREETS))
    columns = {
        "编号": "code",
        "名称": "name",
        "规模/占地面积": "area_m2",
        "规模/涉及户数": "households",
        "进度/改造进度": "stage",
        "进度/计划完成": "planned_finish",
    }
    values = ledger_truth()["values"] | {"planned_finish": DATES_READ}
    save("ledger_two_levels.xlsx", workbook(ledger_two_levels), ledger_truth(columns=columns, values=values))
    save("ledger_streets.xlsx", workbook(ledger_by_street), ledger_truth(sheets=list(dict.fromkeys(STREETS))))
    save("ledger_subparcels.xlsx", workbook(ledger_several), ledger_truth(rows=5, parts=6))

    book = xlwt.Workbook(encoding="utf-8")
    sheet = book.add_sheet("台账")
    sheet.write_merge(0, 0, 0, 4, "棚户区改造台账（单位：亩）")
    rows = [list(LEDGER_COLUMNS), *zip(CODES, NAMES, AREAS_MU, HOUSEHOLDS, STAGES, strict=True)]
    for number, row in enumerate(rows, start=1):
        for column, value in enumerate(row):
            sheet.write(number, column, value)
    stream = io.BytesIO()
    book.save(stream)
    save("ledger_old.xls", stream.getvalue(), ledger_truth())

    rows = [list(LEDGER_COLUMNS)]
    rows += [[CODES[row], NAMES[row], f"{AREAS_M2[row]:.2f}", HOUSEHOLDS[row], STAGES[row]] for row in range(6)]
    save("ledger_gbk.csv", table_text(rows).encode("gbk"), ledger_truth(encoding="GBK"))


DATES = ["2024.6.30", "2024年6月", dt.date(2024, 6, 30), 45473, "二〇二四年六月三十日", "2024年底"]
DATES_READ = ["2024-06-30", "2024-06-30", "2024-06-30", "2024-06-30", "2024-06-30", "2024-12-31"]


def hostile() -> None:
    """Files that must be refused without harm."""
    refused = {"refuse": True}
    small = shapefile(parcels(), encoding="GBK", prj=esri(4529))
    save("hostile_bomb.zip", pack({"parcels.shp": b"\0" * 70 * 1024**2}, method=zipfile.ZIP_BZIP2), refused)
    save(
        "hostile_traversal.zip",
        pack({"BBBBBBBBBBBBBBB": b"x"}, raw_names={"BBBBBBBBBBBBBBB": b"../../parcels.x"}),
        refused,
    )
    inner = pack({"inner.zip": pack({"innermost.zip": pack(small)})})
    save("hostile_nested.zip", pack({"middle.zip": inner}), refused)
    entity = '<?xml version="1.0"?><!DOCTYPE kml [<!ENTITY a "ha"><!ENTITY b "&a;&a;&a;">]>'
    entity += "<kml><Document><name>&b;</name></Document></kml>"
    save("hostile_entities.kml", entity.encode(), refused)
    save("hostile_cut.zip", pack(small)[:900], refused)
    save("hostile_empty.shp", b"", refused)
    save("hostile_picture.shp", b"\x89PNG\r\n\x1a\n" + b"\0" * 400, refused)
    save("hostile_drawing.dwg", b"AC1032" + b"\0" * 200, refused)
    head = ["编号,名称,经度,纬度"]
    save(
        "hostile_numbers.csv",
        "\n".join([*head, "PH-01,a,NaN,42.3", "PH-02,b,1e308,1e308"]).encode(),
        {"refuse": True, "crs": None},
    )
    rows = [*head, '=HYPERLINK("http://example.org"),a,123.85,42.29', "PH-02,<script>alert(1)</script>,123.86,42.29"]
    save("hostile_injection.csv", "\n".join(rows).encode(), {"unsafe": ["A2", "B3"]})


def main() -> None:
    """Make everything anew."""
    for path in HERE.iterdir():
        if path.name not in {"make.py", "README.md"}:
            shutil.rmtree(path) if path.is_dir() else path.unlink()
    for part in (shapefiles, other_formats, point_tables, ledgers, hostile):
        part()
    files = [path for path in HERE.iterdir() if path.name.endswith(".truth.json")]
    print(f"{len(files)} files, {sum(path.stat().st_size for path in HERE.iterdir()) // 1024} KiB")


if __name__ == "__main__":
    main()
