"""Settings: from the environment, once, and nothing unknown."""

from __future__ import annotations

import pytest

from api import settings
from yzgeo import settings as command_line
from yzgeo.errors import ParameterError, SettingUnknownError


def test_defaults_need_no_environment(monkeypatch) -> None:
    for name in settings.Settings.model_fields:
        monkeypatch.delenv(settings.PREFIX + name.upper(), raising=False)
    assert settings.from_environment().tile_cache_mib == 64


def test_values_come_from_the_environment(monkeypatch, tmp_path) -> None:
    monkeypatch.setenv("YZGEO_WORKSPACE", str(tmp_path))
    assert settings.from_environment().workspace == tmp_path


def test_a_misspelt_name_is_refused(monkeypatch) -> None:
    monkeypatch.setenv("YZGEO_WORKSPCE", "x")
    with pytest.raises(SettingUnknownError, match="YZGEO_WORKSPCE"):
        settings.from_environment()


@pytest.mark.parametrize(("name", "value"), [("TILE_CACHE_MIB", "many"), ("PUBLIC_URL", "map.example/path")])
def test_a_bad_value_is_refused_by_name(monkeypatch, name: str, value: str) -> None:
    monkeypatch.setenv(f"YZGEO_{name}", value)
    with pytest.raises(ParameterError, match=f"YZGEO_{name}"):
        settings.from_environment()


def test_the_command_line_knows_our_names() -> None:
    assert set(settings.Settings.model_fields) <= command_line.SERVICE_NAMES | set(command_line.Settings.model_fields)


def test_every_setting_is_described_and_secrets_are_hidden() -> None:
    shown = {entry["name"]: entry for entry in settings.describe(settings.Settings(tianditu_key="hush"))}
    assert all(entry["description"] for entry in shown.values())
    assert shown["YZGEO_TIANDITU_KEY"]["value"] == "***"
    assert "hush" not in repr(shown)
