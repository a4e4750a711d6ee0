"""What phones are called; letting in and shutting out is asked over HTTP in tests/api/routes/test_devices.py."""

from __future__ import annotations

import pytest

from yzgeo.access import ANONYMOUS
from yzgeo.errors import ForbiddenError
from yzgeo.workflows import devices
from yzgeo.workflows.workspace import Workspace

CHROME = "AppleWebKit/537.36 (KHTML, like Gecko) Chrome/126.0.0.0 Mobile Safari/537.36"


@pytest.mark.parametrize(
    ("agent", "label"),
    [
        (f"Mozilla/5.0 (Linux; Android 10; K) {CHROME}", "Android · Chrome 126"),
        (f"Mozilla/5.0 (Linux; Android 13; V2055A Build/TP1A) {CHROME}", "Android V2055A · Chrome 126"),
        (f"Mozilla/5.0 (Linux; Android 12; HarmonyOS; NOH-AN00) {CHROME} HuaweiBrowser/14.0", "华为浏览器 14"),
        (f"Mozilla/5.0 (Linux; Android 11; M2011K2C) {CHROME} MicroMessenger/8.0.49", "Android M2011K2C · 微信 8"),
        ("Mozilla/5.0 (iPhone; CPU iPhone OS 17_5 like Mac OS X) Version/17.5 Safari/604.1", "iPhone · Safari 17"),
        ("Mozilla/5.0 (X11; Linux x86_64; rv:128.0) Gecko/20100101 Firefox/128.0", "Linux · Firefox 128"),
        ("curl/8.5.0", "?"),
        ("", "?"),
    ],
)
def test_names_that_people_recognise(agent: str, label: str) -> None:
    found = devices.label_of(agent)
    assert found.endswith(label) if label.startswith("华为") else found == label


def test_nobody_lists_or_shuts_out_without_signing_in(workspace: Workspace) -> None:
    with pytest.raises(ForbiddenError):
        devices.list_devices(workspace.store, ANONYMOUS)
    with pytest.raises(ForbiddenError):
        devices.revoke_device(workspace.store, "x", ANONYMOUS)
