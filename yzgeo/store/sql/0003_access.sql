-- Tokens of programs stand beside the sessions of people: both can be listed by their holder and taken back.
ALTER TABLE yzgeo_session ADD COLUMN kind TEXT NOT NULL DEFAULT 'session';

ALTER TABLE yzgeo_session ADD COLUMN label TEXT NOT NULL DEFAULT '';

ALTER TABLE yzgeo_session ADD COLUMN address TEXT NOT NULL DEFAULT '';

ALTER TABLE yzgeo_session ADD COLUMN created_at TEXT;

ALTER TABLE yzgeo_session ADD COLUMN last_used_at TEXT;

-- Who vouches for an account that signs in elsewhere: issuer and subject. Empty where a password does.
ALTER TABLE yzgeo_account ADD COLUMN origin TEXT NOT NULL DEFAULT '';

CREATE UNIQUE INDEX yzgeo_account_origin ON yzgeo_account (origin) WHERE origin != '';

-- Who came in, what was taken out and who was let in: it only grows.
CREATE TABLE yzgeo_audit (
    number INTEGER PRIMARY KEY AUTOINCREMENT,
    at TEXT NOT NULL,
    kind TEXT NOT NULL,
    actor TEXT NOT NULL,
    role TEXT NOT NULL,
    address TEXT NOT NULL,
    subject TEXT NOT NULL,
    details TEXT NOT NULL
);

CREATE INDEX yzgeo_audit_actor ON yzgeo_audit (actor);

CREATE TRIGGER yzgeo_audit_no_update BEFORE UPDATE ON yzgeo_audit
BEGIN
    SELECT RAISE(ABORT, 'the audit is append-only');
END;

CREATE TRIGGER yzgeo_audit_no_delete BEFORE DELETE ON yzgeo_audit
BEGIN
    SELECT RAISE(ABORT, 'the audit is append-only');
END;

-- INSERT OR REPLACE removes the row in its way without asking the delete trigger.
CREATE TRIGGER yzgeo_audit_no_replace BEFORE INSERT ON yzgeo_audit
WHEN EXISTS (SELECT 1 FROM yzgeo_audit WHERE number = NEW.number)
BEGIN
    SELECT RAISE(ABORT, 'the audit is append-only');
END;

-- Files reach the layers through several doors; the batch that every one of them leaves is what is audited.
CREATE TRIGGER yzgeo_audit_import AFTER INSERT ON yzgeo_batch
WHEN NEW.file_sha256 IS NOT NULL
BEGIN
    INSERT INTO yzgeo_audit (at, kind, actor, role, address, subject, details)
    VALUES (NEW.recorded_at, 'import', NEW.actor, '', '', NEW.layer, json_object(
        'batch', NEW.id, 'revision', NEW.revision, 'file', NEW.file_name, 'sha256', NEW.file_sha256,
        'inserted', NEW.inserted, 'updated', NEW.updated, 'deleted', NEW.deleted
    ));
END;

-- Which events speak of an attachment, so that who may see it can be decided without reading the whole ledger.
CREATE TABLE yzgeo_evidence (
    sha256 TEXT NOT NULL,
    event_id TEXT NOT NULL,
    PRIMARY KEY (sha256, event_id)
) WITHOUT ROWID;

INSERT OR IGNORE INTO yzgeo_evidence (sha256, event_id)
SELECT each.value, event_id FROM yzgeo_ledger, json_each(payload, '$.evidence') AS each WHERE each.type = 'text'
UNION SELECT json_extract(payload, '$.attachment'), event_id FROM yzgeo_ledger
WHERE json_type(payload, '$.attachment') = 'text';

CREATE TRIGGER yzgeo_ledger_evidence AFTER INSERT ON yzgeo_ledger
WHEN instr(NEW.payload, '"evidence"') OR instr(NEW.payload, '"attachment"')
BEGIN
    INSERT OR IGNORE INTO yzgeo_evidence (sha256, event_id)
    SELECT each.value, NEW.event_id FROM json_each(NEW.payload, '$.evidence') AS each WHERE each.type = 'text'
    UNION SELECT json_extract(NEW.payload, '$.attachment'), NEW.event_id
    WHERE json_type(NEW.payload, '$.attachment') = 'text';
END;
