"""Refusals: what is wrong, where, and what to do, in Chinese and in English.

Every refusal that a person can meet is one class here. The class owns its stable ``code`` and its sentences; the
place that raises it supplies the facts by keyword. The library knows no HTTP: the service maps a class to a status.
"""

from __future__ import annotations

from .base import YzgeoError as YzgeoError
from .phones import ConflictDecidedError as ConflictDecidedError
from .phones import ConflictMovedError as ConflictMovedError
from .phones import DeviceRevokedError as DeviceRevokedError
from .phones import RecordIdTakenError as RecordIdTakenError
from .phones import UploadBrokenError as UploadBrokenError
from .phones import UploadBusyError as UploadBusyError
from .phones import UploadOffsetError as UploadOffsetError


class NotFoundError(YzgeoError):
    """Something named does not exist, or may not be seen by the one who asks."""

    code = "not_found"
    zh = "没有找到：{what}。"
    en = "Not found: {what}."


class LayerUnknownError(NotFoundError):
    """No layer has that id."""

    code = "layer_unknown"
    zh = "没有图层“{layer}”。"
    en = "There is no layer “{layer}”."
    remedy_zh = "用 yzgeo layers 或 /ogc/collections 查看全部图层。"
    remedy_en = "List the layers with yzgeo layers or /ogc/collections."


class FeatureUnknownError(NotFoundError):
    """The layer has no such feature."""

    code = "feature_unknown"
    zh = "图层“{layer}”中没有要素“{uid}”。"
    en = "Layer “{layer}” has no feature “{uid}”."
    remedy_zh = "它可能已被删除；请从图层列表重新打开。"
    remedy_en = "It may have been deleted; open it again from the layer's list."


class InputError(YzgeoError):
    """Something that was given cannot be used."""

    code = "input_invalid"
    zh = "“{what}”不能用：{reason_zh}"
    en = "“{what}” cannot be used: {reason_en}"


class FieldUnknownError(InputError):
    """The layer has no such field."""

    code = "field_unknown"
    zh = "图层“{layer}”没有字段“{field}”。"
    en = "Layer “{layer}” has no field “{field}”."
    remedy_zh = "可用字段：{known}。"
    remedy_en = "Known fields: {known}."


class ParameterError(InputError):
    """A parameter of a request or a call is unknown or out of range."""

    code = "parameter_invalid"
    zh = "参数“{name}”不对：{reason_zh}"
    en = "Parameter “{name}” is wrong: {reason_en}"


class FileMissingError(InputError):
    """The file is not there."""

    code = "file_missing"
    zh = "找不到文件：{path}。"
    en = "No such file: {path}."
    remedy_zh = "请检查路径和文件名。"
    remedy_en = "Check the path and the name."


class FileUnreadableError(InputError):
    """The file is there and no known format fits it."""

    code = "file_unreadable"
    zh = "读不了文件 {path}：{reason}"
    en = "Cannot read {path}: {reason}"
    remedy_zh = "可导入的格式：{formats}。"
    remedy_en = "Formats that can be imported: {formats}."


class FileAmbiguousError(FileUnreadableError):
    """The file holds several sheets, layers or data sets, and none was named; they are in the field ``names``."""

    code = "file_ambiguous"
    zh = "{path} 里有多份数据：{listed}。"
    en = "{path} holds several data sets: {listed}."
    remedy_zh = "请指定一份（命令行 --sheet）。"
    remedy_en = "Name one of them (on the command line --sheet)."


class UploadRefusedError(InputError):
    """The files of an upload cannot be kept."""

    code = "upload_refused"
    zh = "不能接收这些文件：{reason_zh}。"
    en = "The files cannot be taken: {reason_en}."


class ImportBusyError(YzgeoError):
    """Somebody is working on the import."""

    code = "import_busy"
    zh = "导入 {id} 正在处理。"
    en = "Import {id} is being worked on."
    remedy_zh = "请稍候再试。"
    remedy_en = "Try again in a moment."


class ImportStateError(YzgeoError):
    """The import is not in a state in which this can be done."""

    code = "import_state"
    zh = "导入 {id} 现在的状态是“{state_zh}”，不能{action_zh}。"
    en = "Import {id} is {state}; it cannot be {action_en}."
    remedy_zh = "请刷新查看它的现状。"
    remedy_en = "Reload to see how it is."


class ImportStoppedError(YzgeoError):
    """The work on an import ended before its end, again and again."""

    code = "import_stopped"
    zh = "处理导入时程序 {attempts} 次中止，没有保存任何内容。"
    en = "Work on the import was cut off {attempts} times; nothing was stored."
    remedy_zh = "请把文件拆小后再试，或联系管理员查看导入目录中的 log.txt。"
    remedy_en = "Try smaller files, or have an administrator read log.txt in the import's folder."


class ImportMovedError(YzgeoError):
    """The register changed after the import was shown, so that storing it would now do something else."""

    code = "import_moved"
    zh = "图层“{layer}”在预览之后有了改动，导入的结果会不同，因此没有保存。"
    en = (
        "Layer “{layer}” has changed since the preview, and the import would now do something else; nothing was stored."
    )
    remedy_zh = "请看过新的预览后再确认。"
    remedy_en = "Look at the new preview, then confirm."


class FileLimitError(InputError):
    """Reading the file took more time or memory than is allowed."""

    code = "file_over_limit"
    zh = "读取 {path} 超过了限制（{limit}），已停止，没有保存任何内容。"
    en = "Reading {path} went over the limit ({limit}); it was stopped and nothing was stored."
    remedy_zh = "请拆成较小的文件再导入。"
    remedy_en = "Split the file and import the parts."


class CrsMissingError(InputError):
    """The data do not say in which coordinate system they are."""

    code = "crs_missing"
    zh = "{path} 没有声明坐标系，不能猜测。"
    en = "{path} declares no coordinate system, and yzgeo does not guess."
    remedy_zh = "请指定，例如 EPSG:4529（命令行 --crs）。"
    remedy_en = "Name it, for instance EPSG:4529 (on the command line --crs)."


class CrsUnsupportedError(InputError):
    """The coordinate system is unknown, or no trustworthy transformation to ours exists."""

    code = "crs_unsupported"
    zh = "坐标系 {crs} 不能使用：{reason_zh}"
    en = "Coordinate system {crs} cannot be used: {reason_en}"
    remedy_zh = "请先转换到 CGCS2000（例如 EPSG:4529）再导入。"
    remedy_en = "Transform the data to CGCS2000 first (for instance EPSG:4529)."


class CrsNotProjectedError(InputError):
    """Distances and areas were asked of coordinates in degrees."""

    code = "crs_not_projected"
    zh = "需要以米为单位的投影坐标系，现在是 {crs}。"
    en = "A projected system in metres is needed; this is {crs}."
    remedy_zh = "请先用 yzgeo.crs.to_metric 转换。"
    remedy_en = "Convert with yzgeo.crs.to_metric first."


class GeometryTypeError(InputError):
    """The file's geometries are of another kind than the layer's."""

    code = "geometry_type_mismatch"
    zh = "图层“{layer}”要求{expected}，文件中有{found}。"
    en = "Layer “{layer}” holds {expected}; the file has {found}."
    remedy_zh = "请选择另一个图层，或先转换几何类型。"
    remedy_en = "Choose another layer or convert the geometries."


class RowsRejectedError(InputError):
    """Rows of an import break the layer's rules, so nothing was stored."""

    code = "rows_rejected"
    zh = "{rejected} 行不符合图层“{layer}”的规则，没有保存任何内容。首个问题：{first}"
    en = "{rejected} rows break the rules of layer “{layer}”; nothing was stored. The first problem: {first_en}"
    remedy_zh = "请按问题清单修改后重新导入；命令行可先用 --dry-run 检查。"
    remedy_en = "Mend the listed rows and import again; --dry-run at the command line checks without storing."

    def __init__(self, **fields: object) -> None:
        # Imports that were refused before there were two sentences are still listed.
        super().__init__(**{"first_en": fields.get("first"), **fields})


class WorkspaceMissingError(YzgeoError):
    """There is no workspace at that place."""

    code = "workspace_missing"
    zh = "{path} 不是工作区。"
    en = "{path} is not a workspace."
    remedy_zh = "先运行 yzgeo init {path}（加 --demo 得到示意数据）。"
    remedy_en = "Run yzgeo init {path} first (add --demo for the illustrative district)."


class WorkspaceExistsError(YzgeoError):
    """A workspace is already there and would be overwritten."""

    code = "workspace_exists"
    zh = "{path} 已经存在，不会覆盖。"
    en = "{path} exists already and is not overwritten."
    remedy_zh = "请换一个目录，或先备份并移走它。"
    remedy_en = "Choose another folder, or back this one up and move it away."


class WorkspaceBrokenError(YzgeoError):
    """The workspace's database cannot be trusted."""

    code = "workspace_broken"
    zh = "工作区 {path} 已损坏：{reason}"
    en = "Workspace {path} is damaged: {reason}"
    remedy_zh = "请用 yzgeo restore 恢复最近的备份。"
    remedy_en = "Restore the latest backup with yzgeo restore."


class WorkspaceNewerError(YzgeoError):
    """The workspace was written by a newer yzgeo."""

    code = "workspace_newer"
    zh = "工作区的结构版本是 {found}，本程序只认识到 {known}。"
    en = "The workspace has schema version {found}; this program knows up to {known}."
    remedy_zh = "请升级 yzgeo。"
    remedy_en = "Upgrade yzgeo."


class StorageError(YzgeoError):
    """The disk refuses: read-only, full or not ours."""

    code = "storage_refused"
    zh = "无法写入 {path}：{reason}"
    en = "Cannot write to {path}: {reason}"
    remedy_zh = "请检查磁盘空间和权限；没有保存任何内容。"
    remedy_en = "Check free space and permissions; nothing was stored."


class StorageBusyError(YzgeoError):
    """Another writer holds the database for too long."""

    code = "storage_busy"
    zh = "数据库正被另一个程序写入。"
    en = "Another program is writing to the database."
    remedy_zh = "请稍后再试。"
    remedy_en = "Try again in a moment."


class ConflictError(YzgeoError):
    """The data changed since the caller last read them."""

    code = "conflict"
    zh = "{what} 已被修改：您依据的版本是 {base}，现在是 {current}。"
    en = "{what} has changed: you started from revision {base}, it is now at {current}."
    remedy_zh = "请刷新后再改。"
    remedy_en = "Reload and apply the change again."


class FeatureInvalidError(InputError):
    """A feature that was sent does not fit its layer."""

    code = "feature_invalid"
    zh = "要素不能保存到图层“{layer}”：{reasons_zh}。"
    en = "The feature does not fit layer “{layer}”: {reasons_en}."
    remedy_zh = "请按字段说明修改后再提交；字段见 /ogc/collections/{layer}/schema。"
    remedy_en = "Mend it and send it again; /ogc/collections/{layer}/schema tells the fields."


class FeatureExistsError(YzgeoError):
    """There is a feature with that key already."""

    code = "feature_exists"
    zh = "图层“{layer}”已有编号为“{key}”的要素（{uid}）。"
    en = "Layer “{layer}” has a feature with the key “{key}” already ({uid})."
    remedy_zh = "修改它请用 PUT 或 PATCH；新要素请换一个编号。"
    remedy_en = "Change it with PUT or PATCH, or choose another key."


class BatchUnknownError(NotFoundError):
    """No batch has that id."""

    code = "batch_unknown"
    zh = "没有批次“{batch}”。"
    en = "There is no batch “{batch}”."
    remedy_zh = "用 yzgeo imports list 查看批次。"
    remedy_en = "List the batches with yzgeo imports list."


class AlreadyUndoneError(YzgeoError):
    """The batch was taken back before."""

    code = "already_undone"
    zh = "批次 {batch} 已经撤销过（批次 {by}），没有改动任何内容。"
    en = "Batch {batch} has already been undone (by batch {by}); nothing was changed."
    remedy_zh = "如要恢复它，请撤销批次 {by}。"
    remedy_en = "To have it back, undo batch {by}."


class UndoRefusedError(YzgeoError):
    """The batch follows from entries of the ledger."""

    code = "undo_refused"
    zh = "批次 {batch} 来自进度台账，不能撤销；没有改动任何内容。"
    en = "Batch {batch} follows from the ledger and cannot be undone; nothing was changed."
    remedy_zh = "请在台账中登记一条更正。"
    remedy_en = "Record a correction in the ledger."


class LiveFileError(YzgeoError):
    """GDAL was about to open the live database inside this process."""

    code = "live_file"
    zh = "不能在本进程中用 GDAL 打开正在使用的数据库 {path}。"
    en = "GDAL must not open the live database {path} inside this process."
    remedy_zh = "请先用 yzgeo backup 取得副本。"
    remedy_en = "Take a copy with yzgeo backup first."


class EventRefusedError(YzgeoError):
    """An entry of the ledger breaks the rules of its layer; all reasons are in the field ``issues``."""

    code = "event_refused"
    zh = "不能登记：{first_zh}。"
    en = "This cannot be recorded: {first_en}."
    remedy_zh = "请按提示修改后再提交；原有台账没有变化。"
    remedy_en = "Change what is named and send it again; the ledger is as it was."


class AttachmentRefusedError(InputError):
    """A file is not what may be attached to an entry."""

    code = "attachment_refused"
    zh = "不能作为附件：{reason_zh}。"
    en = "This cannot be attached: {reason_en}."
    remedy_zh = "可用 JPEG、PNG、WebP 照片或 PDF 文件。"
    remedy_en = "Photos (JPEG, PNG, WebP) and PDF documents can be."


class PortInUseError(YzgeoError):
    """Another program listens on the address."""

    code = "port_in_use"
    zh = "{host}:{port} 已被占用。"
    en = "{host}:{port} is in use."
    remedy_zh = "请用 --port 换一个端口，例如 --port {suggestion}。"
    remedy_en = "Choose another with --port, for instance --port {suggestion}."


class ForbiddenError(YzgeoError):
    """The role does not allow this."""

    code = "forbidden"
    zh = "您的角色不能执行此操作。"
    en = "Your role does not allow this."
    remedy_zh = "请用有权限的账号登录。"
    remedy_en = "Sign in with an account that may."


class SignInRefusedError(YzgeoError):
    """The name or the password is wrong, or the account is locked; the answer does not say which."""

    code = "sign_in_refused"
    zh = "账号或密码不对，或账号暂时锁定。"
    en = "The name or password is wrong, or the account is locked for a while."
    remedy_zh = "请检查后重试；多次失败会锁定数分钟。"
    remedy_en = "Check and try again; repeated failures lock the account for some minutes."


class AccountExistsError(YzgeoError):
    """The name of a new account is taken."""

    code = "account_exists"
    zh = "已有账号“{name}”。"
    en = "There is an account “{name}” already."
    remedy_zh = "请换一个名称，或修改已有的账号。"
    remedy_en = "Choose another name, or change the one that is there."


class LastAdministratorError(YzgeoError):
    """Nobody could administer any more."""

    code = "last_administrator"
    zh = "“{name}”是唯一的管理员，不能停用或改为其他角色。"
    en = "“{name}” is the only administrator and can neither be disabled nor given another role."
    remedy_zh = "请先设另一位管理员。"
    remedy_en = "Make another administrator first."


class CatalogueError(YzgeoError):
    """A file of the catalogue breaks its schema."""

    code = "catalogue_invalid"
    zh = "图层目录 {path} 有误：{reason}"
    en = "Catalogue file {path} is wrong: {reason}"
    remedy_zh = "请对照 layers/schema.json 修改。"
    remedy_en = "Compare it with layers/schema.json."


class CrsParametersNeededError(CrsUnsupportedError):
    """The data stand on an old datum, and the way to ours was not given."""

    code = "crs_parameters_needed"
    zh = "坐标系“{crs}”与 {target} 的基准不同，相差几十米；没有转换参数就不能使用。"
    en = "“{crs_en}” has another datum than {target}, tens of metres away; it cannot be used without parameters."
    remedy_zh = "请给出四参数或七参数，或至少三个同时有两套坐标的控制点；也可请测绘部门先转换到 CGCS2000。"
    remedy_en = "Give 4 or 7 parameters, or three control points in both systems; or have the data transformed first."


class ValueUnreadableError(InputError):
    """A cell's text cannot be read as what its column holds."""

    code = "value_unreadable"
    zh = "“{text}”不能读作{kind_zh}：{reason_zh}。"
    en = "“{text}” cannot be read as {kind_en}: {reason_en}."


class ArchiveUnsafeError(InputError):
    """An archive could do harm when unpacked, so it is left closed."""

    code = "archive_unsafe"
    zh = "压缩包 {path} 不能打开：{reason_zh}。"
    en = "Archive {path} is not opened: {reason_en}."
    remedy_zh = "请重新打包，只放需要导入的文件。"
    remedy_en = "Pack it again with nothing but the files to import."


class XmlEntitiesError(ArchiveUnsafeError):
    """XML declares entities, which can grow without bound or read other files, so it is not parsed."""

    code = "xml_entities"
    zh = "{path} 没有打开：它的 XML 带有实体声明（DOCTYPE / ENTITY），展开后可能撑满内存，或读取别的文件。"
    en = "{path} was not opened: its XML declares entities (DOCTYPE / ENTITY), which can fill memory or read files."
    remedy_zh = "正常的 KML、GPX、XLSX 不带这种声明。请用制图或表格软件重新导出。"
    remedy_en = "Real KML, GPX and XLSX files carry no such declaration; export the file again."


class SettingUnknownError(YzgeoError):
    """An environment variable of ours has a name nobody reads."""

    code = "setting_unknown"
    zh = "不认识的设置：{names}。"
    en = "Unknown settings: {names}."
    remedy_zh = "已知设置见 docs/settings.md。"
    remedy_en = "The known ones are listed in docs/settings.md."


class NetworkError(InputError):
    """The roads or points of a network question cannot be used."""

    code = "network_invalid"
    zh = "路网数据不能用：{reason_zh}"
    en = "The network cannot be used: {reason_en}"


class CircleUnknownError(NotFoundError):
    """No circle has that id."""

    code = "circle_unknown"
    zh = "没有圈“{circle}”。"
    en = "There is no circle “{circle}”."
    remedy_zh = "可用的圈：{known}。"
    remedy_en = "Known circles: {known}."


class RunUnknownError(NotFoundError):
    """No run has that id, or it may not be seen by the one who asks."""

    code = "run_unknown"
    zh = "没有运行“{run}”。"
    en = "There is no run “{run}”."
    remedy_zh = "用 /api/runs 查看已有的运行。"
    remedy_en = "List the runs at /api/runs."


class RunUnfinishedError(YzgeoError):
    """The results of a run were asked for before there are any."""

    code = "run_unfinished"
    zh = "运行“{run}”还没有结果，现在的状态是 {state}。"
    en = "Run “{run}” has no results; its state is {state}."
    remedy_zh = "请等它完成，或重新运行。"
    remedy_en = "Wait until it is done, or run it again."


class ScenarioUnknownError(NotFoundError):
    """No scenario has that id."""

    code = "scenario_unknown"
    zh = "没有方案“{scenario}”。"
    en = "There is no scenario “{scenario}”."
    remedy_zh = "用 /api/scenarios 查看已有的方案。"
    remedy_en = "List the scenarios at /api/scenarios."


class ProcessUnknownError(NotFoundError):
    """No process has that id."""

    code = "process_unknown"
    zh = "没有处理过程“{process}”。"
    en = "There is no process “{process}”."
    remedy_zh = "可用：{known}。"
    remedy_en = "Known: {known}."


class SitingError(InputError):
    """A siting question cannot be asked, or has no answer."""

    code = "siting_invalid"
    zh = "选址无法求解：{reason_zh}"
    en = "The siting question cannot be solved: {reason_en}"


class SitingTimeError(YzgeoError):
    """The time limit passed before any choice of sites was found."""

    code = "siting_out_of_time"
    zh = "求解时间已到，仍没有找到方案。"
    en = "Time ran out before any choice of sites was found."
    remedy_zh = "请放宽时间限制，或减少候选地点。"
    remedy_en = "Allow more time, or give fewer candidates."


def leaves() -> list[type[YzgeoError]]:
    """
    List every refusal.

    Returns
    -------
    list of type
        All subclasses of `YzgeoError`, sorted by code.
    """
    found: list[type[YzgeoError]] = []
    waiting = [YzgeoError]
    while waiting:
        current = waiting.pop()
        found.append(current)
        waiting.extend(current.__subclasses__())
    return sorted(found, key=lambda kind: kind.code)
