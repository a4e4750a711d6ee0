-- What phones sent and could not be recorded, because others had recorded something else meanwhile.
CREATE TABLE yzgeo_conflict (
    number INTEGER PRIMARY KEY AUTOINCREMENT,
    id TEXT NOT NULL UNIQUE,
    layer TEXT NOT NULL,
    uid TEXT NOT NULL,
    title TEXT NOT NULL,
    kind TEXT NOT NULL,
    home TEXT,
    actor TEXT NOT NULL,
    role TEXT NOT NULL,
    device TEXT NOT NULL,
    record TEXT NOT NULL,
    facts TEXT NOT NULL,
    received_at TEXT NOT NULL,
    keep TEXT CHECK (keep IN ('phone', 'office', 'both')),
    reason TEXT,
    decided_by TEXT,
    decided_at TEXT,
    event_id TEXT,
    -- Place in the ledger of the decision's last entry: what a phone has not heard of yet.
    position INTEGER
);

CREATE INDEX yzgeo_conflict_decided ON yzgeo_conflict (actor, position) WHERE position IS NOT NULL;

-- What came in and what was decided stays: a decision is added once and never changed.
CREATE TRIGGER yzgeo_conflict_no_delete BEFORE DELETE ON yzgeo_conflict
BEGIN
    SELECT RAISE(ABORT, 'conflicts are kept');
END;

CREATE TRIGGER yzgeo_conflict_decided_once BEFORE UPDATE ON yzgeo_conflict
WHEN OLD.keep IS NOT NULL OR NEW.id != OLD.id OR NEW.record != OLD.record OR NEW.facts != OLD.facts
    OR NEW.actor != OLD.actor OR NEW.layer != OLD.layer OR NEW.uid != OLD.uid
BEGIN
    SELECT RAISE(ABORT, 'conflicts are kept');
END;

-- Photos that a kept record names: whoever may see the record may see them.
CREATE TABLE yzgeo_conflict_evidence (
    sha256 TEXT NOT NULL,
    id TEXT NOT NULL,
    PRIMARY KEY (sha256, id)
) WITHOUT ROWID;

-- A phone asks for what was recorded in a layer since a place in the ledger.
CREATE INDEX yzgeo_ledger_layer ON yzgeo_ledger (layer, sequence, uid);
