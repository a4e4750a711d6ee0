"""Settings of the service: read once from the environment when it starts, then passed down as values."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

from pydantic import Field, SecretStr, ValidationError
from pydantic_settings import BaseSettings, SettingsConfigDict

from yzgeo import settings as command_line
from yzgeo.errors import ParameterError, SettingUnknownError

PREFIX = "YZGEO_"


class Settings(BaseSettings):
    """What an operator may choose. Every name is also an environment variable with the prefix ``YZGEO_``."""

    model_config = SettingsConfigDict(env_prefix=PREFIX, env_file=None, extra="ignore", frozen=True)

    workspace: Path = Field(Path("workspace"), description="Folder of the workspace that is served")
    database_url: SecretStr | None = Field(
        None, description="PostGIS database that takes the place of the workspace's file, postgresql://…?schema=name"
    )
    public_url: str | None = Field(
        None,
        pattern=r"^https?://[^/\s]+$",
        description="Address under which clients reach the service, without path; the Host header if not set",
    )
    web_root: Path = Field(
        Path(__file__).parent / "web" / "dist", description="Built map page (npm run build in api/web)"
    )
    tianditu_key: SecretStr | None = Field(None, description="Key of the 天地图 base map; without it no request leaves")
    tile_cache_mib: int = Field(64, ge=1, le=65536, description="Memory for encoded vector tiles, MiB")
    layer_cache_mib: int = Field(
        256, ge=0, le=65536, description="Memory for layers kept ready for their tiles, MiB; PostGIS needs none of it"
    )
    item_cache_mib: int = Field(16, ge=1, le=65536, description="Memory for encoded single features, MiB")
    page_cache_mib: int = Field(128, ge=0, le=65536, description="Memory for encoded features of pages, MiB")
    max_body_mib: int = Field(2, ge=1, le=1024, description="Largest request body, MiB")
    max_attachment_mib: int = Field(20, ge=1, le=1024, description="Largest photo or document, MiB")
    max_import_mib: int = Field(512, ge=1, le=65536, description="Largest file to import, MiB")
    max_items: int = Field(10_000, ge=1, le=100_000, description="Most features in one answer")
    session_hours: float = Field(12, gt=0, le=720, description="How long a signed-in session lasts")
    sign_in_failures: int = Field(
        5, ge=1, le=100, description="Wrong passwords in a row before a name waits at an address"
    )
    sign_in_lock_minutes: float = Field(5, gt=0, le=1440, description="How long an account stays locked")
    sign_in_per_minute: int = Field(20, ge=1, le=6000, description="Sign-in attempts a minute from one address")
    oidc_issuer: str | None = Field(
        None,
        pattern=r"^(https://|http://(127\.0\.0\.1|localhost)(:|/|$))",
        description="Issuer that people may sign in through by OpenID Connect; without it no request leaves",
    )
    oidc_client_id: str | None = Field(None, description="Our name at that issuer")
    oidc_client_secret: SecretStr | None = Field(None, description="Our secret at that issuer")
    oidc_scope: str = Field("openid profile", description="What is asked of that issuer")
    oidc_name_claim: str = Field("preferred_username", description="Claim that names the account")
    oidc_role_claim: str = Field("role", description="Claim that decides the role")
    oidc_subdistricts_claim: str = Field("subdistricts", description="Claim with the codes of street offices")
    oidc_roles: dict[str, str] = Field(
        {},
        description='Role by value of that claim, JSON such as {"urban-planning": "planner"}; its own names if empty',
    )


def from_environment() -> Settings:
    """
    Read the settings from the environment.

    Returns
    -------
    Settings
        Checked settings.

    Raises
    ------
    SettingUnknownError
        If a variable has our prefix and a name nobody reads: most often a typing error.
    ParameterError
        If a value cannot be used.
    """
    names = {*Settings.model_fields, *command_line.Settings.model_fields, *command_line.SERVICE_NAMES}
    known = {PREFIX + name.upper() for name in names}
    unknown = sorted(name for name in os.environ if name.startswith(PREFIX) and name not in known)
    if unknown:
        raise SettingUnknownError(names=", ".join(unknown))
    try:
        return Settings()
    except ValidationError as error:
        first = error.errors()[0]
        name = PREFIX + str(first["loc"][0]).upper()
        raise ParameterError(name=name, reason_zh=str(first["msg"]), reason_en=str(first["msg"])) from None


def describe(settings: Settings) -> list[dict[str, Any]]:
    """
    List the settings for people, without secrets.

    Parameters
    ----------
    settings
        The settings in force.

    Returns
    -------
    list of dict
        ``name`` (environment variable), ``value`` (``"***"`` for a secret that is set), ``default``, ``description``.
    """
    shown = []
    for name, field in Settings.model_fields.items():
        shown.append(
            {
                "name": PREFIX + name.upper(),
                "value": _plain(getattr(settings, name)),
                "default": _plain(field.default),
                "description": field.description or "",
            }
        )
    return shown


def _plain(value: object) -> str | int | float | None:
    if isinstance(value, SecretStr):
        return "***"
    return value if isinstance(value, (int, float)) or value is None else str(value)
