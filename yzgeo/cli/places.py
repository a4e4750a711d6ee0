"""Commands about the workspace as a whole: make it, serve it, copy it, bring it back."""

from __future__ import annotations

import ipaddress
import os
import socket
from pathlib import Path

import click
import uvicorn

from yzgeo import catalogue
from yzgeo.errors import ParameterError, PortInUseError
from yzgeo.settings import PREFIX, own_names
from yzgeo.workflows import workspace as places
from yzgeo.workflows.stores import move_to_database

from .session import Session, common, who


@click.command("init")
@click.argument("directory", metavar="DIR", type=click.Path(path_type=Path))
@click.option("--demo", is_flag=True, help="加上示意数据和各角色账号。 With the illustrative district and accounts.")
@common
@click.pass_obj
def init(session: Session, directory: Path, *, demo: bool) -> None:
    """新建工作区（设了 YZGEO_DATABASE_URL 就存入 PostGIS）。 Make a workspace, in PostGIS if told."""
    url, layers = session.settings.database_url, catalogue.load()
    with session.progress() as told:
        made = places.create_workspace(directory, layers, demo=demo, progress=told)
        if url is not None:
            move_to_database(made.path, url.get_secret_value(), layers, progress=told)
    total = sum(made.features.values())
    data = {
        "workspace": str(made.path),
        "demo": demo,
        "features": dict(made.features),
        "accounts": list(made.accounts),
        "password": made.password,
    }
    lines = [f"已建立工作区 {made.path}（{total} 个要素）。 Workspace made ({total} features)."]
    if made.password:
        lines += [
            "示意数据：由程序按规划总量生成，不代表实际位置。 Illustrative data, not real positions.",
            f"登录账号 accounts: {', '.join(made.accounts)}",
            f"登录密码 password: {made.password}  （只显示这一次 shown only this once）",
        ]
    session.answer(data, *lines)


@click.command("serve")
@click.option("--host", metavar="ADDRESS", help="监听地址（YZGEO_HOST，默认 127.0.0.1）。 Address to listen on.")
@click.option(
    "--port", type=click.IntRange(0, 65535), help="端口（YZGEO_PORT，默认 8000；0 为任意）。 Port; 0 for any."
)
@common
@click.pass_obj
def serve(session: Session, host: str | None, port: int | None) -> None:
    """启动地图服务。 Serve the map and the API."""
    address = host or session.settings.host
    with session.open() as opened:
        opened.store.check()
        demo = opened.store.meta("demo") == "1"
    if demo and not _is_loopback(address):
        raise ParameterError(
            name="--host",
            reason_zh="示意工作区的账号密码是公开生成的，只能在本机（127.0.0.1）使用",
            reason_en="a demo workspace has generated accounts and is served on this machine only (127.0.0.1)",
        )
    listener = _listen(address, session.settings.port if port is None else port)
    bound = listener.getsockname()[1]
    shown = f"[{address}]" if ":" in address else address
    url = f"http://{shown}:{bound}"
    # The service reads its settings from the environment and refuses names that it does not know.
    os.environ[f"{PREFIX}WORKSPACE"] = str(session.workspace)
    for name in own_names():
        os.environ.pop(name, None)
    config = uvicorn.Config(
        "api.main:from_environment",
        factory=True,
        http="api.patience:PatientProtocol",
        log_level="warning",
        access_log=False,
        server_header=False,
    )
    try:
        config.load()
        session.answer(
            {"url": url, "workspace": str(session.workspace), "demo": demo},
            f"地图 map: {url}",
            f"登录 sign in: {_sign_in(demo=demo)}",
            "按 Ctrl+C 停止。 Press Ctrl+C to stop.",
        )
        uvicorn.Server(config).run(sockets=[listener])
    except KeyboardInterrupt:  # how a server is meant to be stopped
        session.say("已停止。", "Stopped.")
    finally:
        listener.close()


@click.command("backup")
@click.argument("file", type=click.Path(path_type=Path))
@common
@click.pass_obj
def backup(session: Session, file: Path) -> None:
    """把整个工作区备份成一个文件。 Write the whole workspace into one file."""
    with session.progress() as told, session.open() as opened:
        made = places.backup_workspace(opened, file, by=who(), progress=told)
    size = made.stat().st_size
    session.answer(
        {"path": str(made), "size_bytes": size},
        f"已备份到 {made}（{size / 1e6:.1f} MB）。 Backed up ({size / 1e6:.1f} MB).",
    )


@click.command("restore")
@click.argument("file", type=click.Path(path_type=Path))
@click.argument("directory", metavar="DIR", type=click.Path(path_type=Path))
@common
@click.pass_obj
def restore(session: Session, file: Path, directory: Path) -> None:
    """从备份恢复到新目录。 Bring a backup back into a new folder."""
    with session.progress() as told:
        made = places.restore_workspace(file, directory, progress=told)
    session.answer({"workspace": str(made)}, f"已恢复到 {made}。 Restored.")


COMMANDS = (init, serve, backup, restore)


def _listen(host: str, port: int) -> socket.socket:
    """Take the port now: a check that it is free would be out of date when the server starts."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    listener = socket.socket(family, socket.SOCK_STREAM)
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listener.bind((host, port))
        listener.listen(2048)
    except socket.gaierror as error:
        listener.close()
        raise ParameterError(name="--host", reason_zh=f"无法解析 {host}", reason_en=f"cannot resolve {host}") from error
    except OSError as error:
        listener.close()
        raise PortInUseError(host=host, port=port, suggestion=_free_port(host, family)) from error
    return listener


def _free_port(host: str, family: socket.AddressFamily) -> int:
    with socket.socket(family, socket.SOCK_STREAM) as probe:
        try:
            probe.bind((host, 0))
        except OSError:
            return 8080
        return int(probe.getsockname()[1])


def _is_loopback(host: str) -> bool:
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


def _sign_in(*, demo: bool) -> str:
    if demo:
        names = ", ".join(places.DEMO_ROLES)
        return f"{names}；密码在 init 时显示过，可用 yzgeo user add NAME --role ROLE --generate 重设"
    return "用 yzgeo user add NAME --role ROLE 建立账号 / make an account with yzgeo user add"
