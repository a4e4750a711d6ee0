"""Write the reference pages that the code and the catalogue already know.

``python docs/generate.py`` writes them, ``python docs/generate.py --check`` fails if one is stale.
"""

from __future__ import annotations

import json
import sys
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

from api import settings as service
from yzgeo import errors
from yzgeo import settings as command_line
from yzgeo.catalogue import Catalogue, Label, Layer, json_schema, load
from yzgeo.targets import Target
from yzgeo.targets import load as load_targets

ROOT = Path(__file__).parents[1]
NOTICE = "<!-- Written by docs/generate.py; edit the source, not this page. -->"
GEOMETRIES = {"point": "点 point", "line": "线 line", "polygon": "面 polygon", "none": "表 table"}
ACCESS = {"public": "公开 public", "internal": "内部 internal", "restricted": "受限 restricted"}
KINDS = {"expected": "预期性", "binding": "约束性", "project": "项目"}


def pages() -> dict[Path, str]:
    """Everything that is generated, by its place in the checkout."""
    catalogue = load(ROOT / "layers")
    return {
        Path("layers/schema.json"): json.dumps(json_schema(), ensure_ascii=False, indent=2) + "\n",
        Path("layers/README.md"): index(catalogue),
        Path("docs/reference/layers.md"): layers_page(catalogue),
        Path("docs/reference/targets.md"): targets_page(catalogue, load_targets(catalogue)),
        Path("docs/reference/errors.md"): errors_page(),
        Path("docs/settings.md"): settings_page(),
    }


def index(catalogue: Catalogue) -> str:
    """The table of contents of layers/."""
    lines = [
        NOTICE,
        "",
        f"# 图层目录 · Layers of {catalogue.district.name.en}",
        "",
        "One folder is one layer: `<id>/<id>.yaml` (fields, geometry, access, key, stages, aliases of Chinese column",
        "names; checked against `schema.json`) and `<id>/style.json` (MapLibre layers and the legend). Adding a layer",
        "is adding a folder; no Python changes. What all layers share stands in `defaults.yaml`, the district itself",
        "in `district.yaml`, the plan's promises in `targets.yaml`, the licences of `data/` in `data/SOURCES.md`.",
        "",
        "After a change run `python docs/generate.py`. Every field and value is in",
        "[docs/reference/layers.md](../docs/reference/layers.md).",
    ]
    for group in catalogue.groups:
        found = [layer for layer in catalogue.layers.values() if layer.spec.group == group.id]
        if not found:
            continue
        lines += ["", f"## {both(group.title)}", "", "| 图层 layer | id | 几何 geometry | 访问 access | 阶段 stages |"]
        lines.append("|---|---|---|---|---|")
        for layer in found:
            lines.append(
                row(
                    f"[{both(layer.spec.title)}]({layer.id}/{layer.id}.yaml)",
                    f"`{layer.id}`",
                    GEOMETRIES[layer.spec.geometry],
                    ACCESS[layer.spec.access],
                    " → ".join(stage.label.zh for stage in layer.stages if not stage.aside) or "–",
                )
            )
    return "\n".join(lines) + "\n"


def layers_page(catalogue: Catalogue) -> str:
    """Every layer with every field."""
    lines = [NOTICE, "", "# 图层与字段 · Layers and fields", ""]
    lines += ["Fields that all layers share, and those of layers with stages, are told once at the end.", ""]
    shared = shared_fields(catalogue)
    for layer in catalogue.layers.values():
        lines += [*layer_section(layer, shared), ""]
    lines += ["## 共有字段 · Shared fields", "", *field_table(next(iter(catalogue.layers.values())), shared)]
    staged = next((layer for layer in catalogue.layers.values() if layer.stages), None)
    if staged is not None:
        lines += ["", "Layers with stages also have:", "", *field_table(staged, STAGE_FIELDS, values=False)]
    return "\n".join(lines) + "\n"


STAGE_FIELDS = ("stage", "stage_date", "planned_start", "planned_finish")


def shared_fields(catalogue: Catalogue) -> tuple[str, ...]:
    """Ids of the fields that every layer has."""
    counts = Counter(name for layer in catalogue.layers.values() for name in layer.fields_by_id)
    first = next(iter(catalogue.layers.values()))
    return tuple(name for name in first.fields_by_id if counts[name] == len(catalogue.layers))


def layer_section(layer: Layer, shared: tuple[str, ...]) -> Iterator[str]:
    """One layer."""
    spec = layer.spec
    yield f"## {both(spec.title)} · `{layer.id}`"
    yield ""
    yield f"{spec.description.zh}"
    yield f"{spec.description.en}"
    yield ""
    yield f"- 几何 geometry: {GEOMETRIES[spec.geometry]}; 访问 access: {ACCESS[spec.access]}; key: `{spec.key}`"
    yield f"- 责任单位 owner: {both(spec.owner)}"
    yield f"- 来源 source: {both(spec.source)}"
    yield f"- 许可 licence: {spec.licence}; 时间 vintage: {spec.vintage}"
    if layer.stages:
        yield "- 阶段 stages:"
        for stage in layer.stages:
            flags = {"done": "完成 done", "evidence": "需佐证 evidence", "second_person": "需复核 second person"}
            flags |= {"aside": "旁支 aside", "optional": "可跳过 optional"}
            told = "; ".join(text for name, text in flags.items() if getattr(stage, name))
            yield f"  - `{stage.id}` {both(stage.label)}{f' ({told})' if told else ''}"
    own = tuple(name for name in layer.fields_by_id if name not in {*shared, *STAGE_FIELDS})
    if own:
        yield ""
        yield from field_table(layer, own)


def field_table(layer: Layer, names: tuple[str, ...], *, values: bool = True) -> Iterator[str]:
    """Some fields of a layer."""
    yield "| 字段 field | 名称 title | 类型 type | 单位 unit | 取值与说明 values and remarks | 常见列名 aliases |"
    yield "|---|---|---|---|---|---|"
    for name in names:
        field = layer.field(name)
        remarks = [both(field.description)] if field.description else []
        if values and field.values:
            remarks.append("、".join(f"`{value.id}` {value.label.zh}" for value in field.values))
        if field.minimum is not None or field.maximum is not None:
            remarks.append(limits(field.minimum, field.maximum))
        if field.access is not None:
            remarks.append(ACCESS[field.access])
        kind = field.type + (" *" if field.required else "")
        unit = field.unit or ""
        yield row(f"`{name}`", both(field.title), kind, unit, "; ".join(remarks), "、".join(field.aliases))
    yield ""
    yield "\\* 必填 required"


def targets_page(catalogue: Catalogue, targets: tuple[Target, ...]) -> str:
    """Every promise of the plan."""
    district = catalogue.district
    lines = [NOTICE, "", "# 规划目标 · Targets", "", f"{district.plan.zh}", f"{district.plan.en}", ""]
    lines += [f"共 {len(targets)} 项。{len(targets)} promises, in the order of the plan."]
    place = ("", "")
    for target in targets:
        if (target.chapter, target.section) != place:
            place = (target.chapter, target.section)
            lines += ["", f"## {target.chapter} · {target.section}", ""]
            lines += ["| 目标 target | id | 数字 figure | 属性 kind | 图层 layer | 计量 measure | 原文 quote |"]
            lines += ["|---|---|---|---|---|---|---|"]
        link = f"[`{target.layer}`](layers.md)" if target.layer else "–"
        kind = KINDS[target.kind] + (f"（表 1 第 {target.table1} 项）" if target.table1 else "")
        note = f"；{target.note.zh}" if target.note else ""
        cells = (
            both(target.title),
            f"`{target.id}`",
            target.figure,
            kind,
            link,
            measure_text(target) + note,
            target.quote,
        )
        lines.append(row(*cells))
    return "\n".join(lines) + "\n"


def measure_text(target: Target) -> str:
    """How a promise is measured, in a few words."""
    how = target.measure
    parts = [how.kind] + ([f"of `{how.field}`"] if how.field else [])
    for word, conditions in (("where", how.where), ("done where", how.done_where)):
        parts += [
            f"{word} `{name}` = {'/'.join(str(value) for value in values)}" for name, values in conditions.items()
        ]
    if how.scale != 1:
        parts.append(f"× {how.scale:g}")
    if how.per:
        parts.append(f"per {how.per}")
    if target.direction == "at_most":
        parts.append("(at most)")
    return " ".join(parts)


def errors_page() -> str:
    """Every refusal with its sentences."""
    lines = [NOTICE, "", "# 错误代码 · Error codes", ""]
    lines += [
        "Every refusal has a stable code; words in braces are filled in. The service lists them at `/-/errors`.",
        "",
    ]
    lines += ["| 代码 code | 说明 sentence | 怎么办 remedy |", "|---|---|---|"]
    for found in sorted(refusals(errors.YzgeoError), key=lambda one: one.code):
        sentence = f"{found.zh}<br>{found.en}"
        remedy = "<br>".join(text for text in (found.remedy_zh, found.remedy_en) if text) or "–"
        lines.append(row(f"`{found.code}`", sentence, remedy))
    return "\n".join(lines) + "\n"


def refusals(base: type[errors.YzgeoError]) -> Iterator[type[errors.YzgeoError]]:
    """All classes of refusals, the base first."""
    yield base
    for child in base.__subclasses__():
        yield from refusals(child)


def settings_page() -> str:
    """Every environment variable that is read."""
    lines = [NOTICE, "", "# 设置 · Settings", ""]
    lines += ["Read once from the environment at start; an unknown `YZGEO_` name is refused. None is needed.", ""]
    lines += [row("variable", "default", "what"), "|---|---|---|"]
    for model in (command_line.Settings, service.Settings):
        for name, field in model.model_fields.items():
            shipped = "the built page" if name == "web_root" else field.default
            line = row(f"`YZGEO_{name.upper()}`", "–" if shipped is None else str(shipped), field.description or "")
            if line.split("|")[1] not in "".join(lines):
                lines.append(line)
    return "\n".join(lines) + "\n"


def both(label: Label) -> str:
    """A label in both languages."""
    return f"{label.zh} {label.en}"


def limits(low: float | None, high: float | None) -> str:
    """A range in words."""
    if low is not None and high is not None:
        return f"{low:g} – {high:g}"
    return f"≥ {low:g}" if low is not None else f"≤ {high:g}"


def row(*cells: str) -> str:
    """One line of a table."""
    return "| " + " | ".join(cell.replace("|", "\\|") for cell in cells) + " |"


def main(arguments: list[str]) -> int:
    """Write the pages, or with ``--check`` tell which are stale."""
    stale = []
    for path, text in pages().items():
        target = ROOT / path
        if target.exists() and target.read_text(encoding="utf-8") == text:
            continue
        stale.append(str(path))
        if "--check" not in arguments:
            target.parent.mkdir(parents=True, exist_ok=True)
            target.write_text(text, encoding="utf-8")
            print(f"written: {path}")
    if stale and "--check" in arguments:
        print("stale, run `python docs/generate.py`:", *stale, sep="\n  ")
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
