-- Everyone who sent the bytes of an attachment: they had them, so they may look at them and name them as evidence.
CREATE TABLE yzgeo_attachment_sender (
    sha256 TEXT NOT NULL,
    actor TEXT NOT NULL,
    PRIMARY KEY (sha256, actor)
) WITHOUT ROWID;

INSERT INTO yzgeo_attachment_sender (sha256, actor) SELECT sha256, actor FROM yzgeo_attachment;

-- An import taken back, and one brought back by taking that back, are audited where they happen.
CREATE TRIGGER yzgeo_audit_import_undone AFTER INSERT ON yzgeo_batch
WHEN NEW.undoes IS NOT NULL
BEGIN
    INSERT INTO yzgeo_audit (at, kind, actor, role, address, subject, details)
    SELECT NEW.recorded_at, CASE WHEN undone.file_sha256 IS NULL THEN 'import' ELSE 'import_undone' END,
        NEW.actor, '', '', NEW.layer, json_object(
            'batch', NEW.id, 'revision', NEW.revision, 'undoes', NEW.undoes,
            'inserted', NEW.inserted, 'updated', NEW.updated, 'deleted', NEW.deleted
        )
    FROM yzgeo_batch AS undone LEFT JOIN yzgeo_batch AS file ON file.id = undone.undoes
    WHERE undone.id = NEW.undoes AND (undone.file_sha256 IS NOT NULL OR file.file_sha256 IS NOT NULL);
END;
