"""Refusals that phones in the field meet: records in conflict, devices shut out, photos in pieces."""

from __future__ import annotations

from .base import YzgeoError


class ConflictDecidedError(YzgeoError):
    """Someone has decided the conflict; the field ``decision`` tells how, where it is known."""

    code = "conflict_decided"
    zh = "这条记录（{id}）的冲突已有裁定。"
    en = "The conflict of this record ({id}) has been decided."
    remedy_zh = "请查看裁定及理由；如有异议，请与规划部门联系。"
    remedy_en = "Read the decision and its reason; talk to the planners if you disagree."


class ConflictMovedError(YzgeoError):
    """The office's state moved on after the conflict was shown."""

    code = "conflict_moved"
    zh = "裁定所依据的办公室记录已有变化（您看到的是版本 {base}，现在是 {current}），没有保存裁定。"
    en = "The office's record has moved on (you saw revision {base}, it is now at {current}); nothing was decided."
    remedy_zh = "请重新查看三方记录后再裁定。"
    remedy_en = "Look at the three sides again, then decide."


class RecordIdTakenError(YzgeoError):
    """The id of a record that was sent stands for another record."""

    code = "record_id_taken"
    zh = "编号 {id} 已用于另一条记录，没有登记任何内容。"
    en = "The id {id} stands for another record; nothing was recorded."
    remedy_zh = "请用新的编号重新填报。"
    remedy_en = "Record it again under a new id."


class DeviceRevokedError(YzgeoError):
    """The phone was shut out."""

    code = "device_revoked"
    zh = "这台设备已被吊销，不能再使用。"
    en = "This device has been revoked and may no longer be used."
    remedy_zh = "设备上保存的数据将被清除；如需继续使用，请重新登录登记，或联系管理员。"
    remedy_en = "What it holds is wiped; sign in again to register it anew, or ask an administrator."


class UploadOffsetError(YzgeoError):
    """A piece of an upload does not begin where the upload ends, or goes beyond its length."""

    code = "upload_offset"
    zh = "上传位置不对：给出的是 {given}，现在到 {current}。"
    en = "The piece is out of place: {given} was given, the upload is at {current}."
    remedy_zh = "请先查询已收到的长度，再从那里继续。"
    remedy_en = "Ask how much has arrived and continue there."


class UploadBusyError(YzgeoError):
    """Another request writes to the upload."""

    code = "upload_busy"
    zh = "上传 {id} 正由另一个请求写入。"
    en = "Another request is writing to upload {id}."
    remedy_zh = "请稍候再试。"
    remedy_en = "Try again in a moment."


class UploadBrokenError(YzgeoError):
    """What has arrived is not what was sent."""

    code = "upload_broken"
    zh = "上传 {id} 的内容与校验值不符，未保存。"
    en = "Upload {id} does not match its checksum; it was not kept."
    remedy_zh = "请重新上传。"
    remedy_en = "Send it again."
