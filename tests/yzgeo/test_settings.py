from __future__ import annotations

from pathlib import Path

import pytest

from api.settings import Settings as ServiceSettings
from yzgeo import settings
from yzgeo.errors import ParameterError, SettingUnknownError


def test_without_any_variable_the_defaults_hold(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in settings.Settings.model_fields:
        monkeypatch.delenv(f"YZGEO_{name.upper()}", raising=False)
    found = settings.from_environment({})
    assert (found.workspace, found.lang, found.host, found.port) == (Path("workspace"), "zh", "127.0.0.1", 8000)


def test_a_variable_is_read(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("YZGEO_PORT", "9000")
    assert settings.from_environment({"YZGEO_PORT": "9000"}).port == 9000


def test_a_typing_error_is_refused_and_foreign_names_are_not() -> None:
    settings.from_environment({"PATH": "/bin", "YZGEO_TIANDITU_KEY": "k"})
    with pytest.raises(SettingUnknownError, match="YZGEO_PROT"):
        settings.from_environment({"YZGEO_PROT": "9000"})


def test_a_value_that_cannot_be_used_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("YZGEO_PORT", "99999")
    with pytest.raises(ParameterError, match="YZGEO_PORT"):
        settings.from_environment({"YZGEO_PORT": "99999"})


def test_the_names_of_the_service_are_all_known_here() -> None:
    assert set(ServiceSettings.model_fields) <= settings.SERVICE_NAMES


def test_the_service_never_sees_what_only_the_command_line_reads() -> None:
    assert settings.own_names() == {"YZGEO_LANG", "YZGEO_HOST", "YZGEO_PORT"}
