"""Which phone asks: phones name themselves in a header, programs need not."""

from __future__ import annotations

from typing import Annotated
from uuid import UUID

from fastapi import Depends, Header, Request

from yzgeo.workflows import devices

from .auth import address_of
from .deps import CallerDep, ContextDep

HEADER = "x-yzgeo-device"


async def get_device(
    request: Request,
    context: ContextDep,
    caller: CallerDep,
    device: Annotated[UUID | None, Header(alias=HEADER, description="Id that the phone made for itself")] = None,
) -> str:
    """
    Find out which phone asks, as a dependency.

    Parameters
    ----------
    request
        The request.
    context
        Parts of the service.
    caller
        Who asks.
    device
        The phone's id.

    Returns
    -------
    str
        The id, empty where no phone asks.

    Raises
    ------
    DeviceRevokedError
        If the phone was shut out.
    """
    if device is None:
        return ""
    agent = request.headers.get("user-agent", "")[:500]
    await context.in_thread(
        lambda: devices.meet(context.store, str(device), caller, user_agent=agent, address=address_of(request))
    )
    return str(device)


DeviceDep = Annotated[str, Depends(get_device)]
"""Id of the phone that asks, empty where a program does."""
KnownDevice = Depends(get_device)
"""Shuts revoked phones out of a whole router."""
