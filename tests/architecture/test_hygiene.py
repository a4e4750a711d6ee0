"""Nothing in the repository ties it to one machine, and nothing it must not hold is in it."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

LOCKS = ("requirements.lock", "requirements-uv.lock", "api/web/package-lock.json", ".npmrc", "api/web/.npmrc")
ABSOLUTE_PATH = re.compile(r"(?<![\w./-])/(?:work|farm|home|root)/[\w.-]+")
PRIVATE_KEY = re.compile(r"-----BEGIN (?:[A-Z]+ )?PRIVATE KEY-----")


@pytest.mark.parametrize("name", LOCKS)
def test_lock_files_name_no_host(root: Path, name: str) -> None:
    text = (root / name).read_text(encoding="utf-8")
    assert re.findall(r"(?:resolved|registry|index)\W{1,12}https?://\S+", text) == []


def test_python_lock_has_a_hash_for_each_package(root: Path) -> None:
    text = (root / "requirements.lock").read_text(encoding="utf-8")
    packages = re.findall(r"^([\w.-]+)==", text, flags=re.MULTILINE)
    blocks = re.split(r"^(?=[\w.-]+==)", text, flags=re.MULTILINE)[1:]
    assert packages
    assert [block.split("==")[0] for block in blocks if "--hash=sha256:" not in block] == []


def test_no_file_names_a_path_of_one_machine_or_a_secret(root: Path, tracked: list[str]) -> None:
    offenders = []
    for name in tracked:
        path = root / name
        if path.stat().st_size > 1_000_000 or b"\0" in path.read_bytes()[:4096]:
            continue
        text = path.read_text(encoding="utf-8", errors="replace")
        if name != "tests/architecture/test_hygiene.py" and (ABSOLUTE_PATH.search(text) or PRIVATE_KEY.search(text)):
            offenders.append(name)
    assert offenders == []


def test_the_library_names_no_district(root: Path, tracked: list[str], catalogue) -> None:
    """The district is data: another one adopts the code by replacing ``layers/``."""
    district = catalogue.district
    words = {district.id, district.code, district.name.zh, district.city.zh, district.city.en}
    code = [name for name in tracked if name.startswith(("yzgeo/", "api/")) and name.endswith(".py")]
    found = {
        name: word
        for name in code
        for word in words
        if word.lower() in (root / name).read_text(encoding="utf-8").lower()
    }
    assert found == {}
