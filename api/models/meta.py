"""Refusals and what the service says about itself."""

from __future__ import annotations

from typing import Literal

from pydantic import BaseModel, ConfigDict


class Problem(BaseModel):
    """A refusal (RFC 9457) in Chinese and in English; further facts of the refusal stand beside."""

    model_config = ConfigDict(extra="allow")

    type: str
    title: str
    status: int
    code: str
    detail: str
    detail_en: str
    remedy: str
    remedy_en: str


class Health(BaseModel):
    """The service answers."""

    status: Literal["ok"]


class Versions(BaseModel):
    """What is running."""

    yzgeo: str
    python: str
    packages: dict[str, str]


class Setting(BaseModel):
    """One setting in force; a secret is hidden."""

    name: str
    value: str | int | float | None
    default: str | int | float | None
    description: str


class Settings(BaseModel):
    """All settings in force."""

    settings: list[Setting]


class ErrorKind(BaseModel):
    """One kind of refusal."""

    code: str
    status: int
    description: str
    zh: str
    en: str
    remedy_zh: str
    remedy_en: str


class ErrorKinds(BaseModel):
    """Every kind of refusal the service gives."""

    errors: list[ErrorKind]
