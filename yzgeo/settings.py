"""Settings of the command line: read once from the environment when it starts, then passed down as values."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Literal

from pydantic import Field, SecretStr, ValidationError
from pydantic_settings import BaseSettings, SettingsConfigDict

from .errors import ParameterError, SettingUnknownError

PREFIX = "YZGEO_"

# Read by the service (api/settings.py, which describes them) and by the page's development server. The library may
# not import the service, so the names stand here; a test compares the two lists.
SERVICE_NAMES = frozenset(
    {
        "workspace",
        "public_url",
        "web_root",
        "tianditu_key",
        "tile_cache_mib",
        "layer_cache_mib",
        "item_cache_mib",
        "page_cache_mib",
        "max_body_mib",
        "max_attachment_mib",
        "max_import_mib",
        "max_items",
        "session_hours",
        "sign_in_failures",
        "sign_in_lock_minutes",
        "sign_in_per_minute",
        "oidc_issuer",
        "oidc_client_id",
        "oidc_client_secret",
        "oidc_scope",
        "oidc_name_claim",
        "oidc_role_claim",
        "oidc_subdistricts_claim",
        "oidc_roles",
        "database_url",
        "server",
    }
)


class Settings(BaseSettings):
    """What a person may set once instead of typing it every time; an option on the command line wins."""

    model_config = SettingsConfigDict(env_prefix=PREFIX, env_file=None, extra="ignore", frozen=True)

    workspace: Path = Field(Path("workspace"), description="Folder of the workspace")
    database_url: SecretStr | None = Field(
        None, description="PostGIS database that takes the place of the workspace's file, postgresql://…?schema=name"
    )
    lang: Literal["zh", "en"] = Field("zh", description="Language of what the command line says first")
    host: str = Field("127.0.0.1", description="Address to serve on")
    port: int = Field(8000, ge=0, le=65535, description="Port to serve on; 0 takes a free one")


def own_names() -> frozenset[str]:
    """
    List the variables that only the command line reads; a server started by it must not see them.

    Returns
    -------
    frozenset of str
        Names with the prefix.
    """
    return frozenset(PREFIX + name.upper() for name in set(Settings.model_fields) - SERVICE_NAMES)


def from_environment(environment: Mapping[str, str]) -> Settings:
    """
    Read the settings.

    Parameters
    ----------
    environment
        Usually ``os.environ``; only its names are looked at here, the values are read by the settings class.

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
    known = {PREFIX + name.upper() for name in SERVICE_NAMES | set(Settings.model_fields)}
    unknown = sorted(name for name in environment if name.startswith(PREFIX) and name not in known)
    if unknown:
        raise SettingUnknownError(names=", ".join(unknown))
    try:
        return Settings()
    except ValidationError as error:
        first = error.errors()[0]
        name = PREFIX + str(first["loc"][0]).upper()
        raise ParameterError(name=name, reason_zh=str(first["msg"]), reason_en=str(first["msg"])) from None
