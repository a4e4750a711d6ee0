-- What an event says besides, so that every part of it is hashed and kept.
ALTER TABLE yzgeo_ledger ADD COLUMN role TEXT NOT NULL DEFAULT '';

ALTER TABLE yzgeo_ledger ADD COLUMN place TEXT;

ALTER TABLE yzgeo_ledger ADD COLUMN payload_version INTEGER NOT NULL DEFAULT 1;

-- Where the chain ends: a tail cut off would otherwise leave a chain that holds.
CREATE TABLE yzgeo_ledger_head (
    one INTEGER NOT NULL PRIMARY KEY CHECK (one = 1),
    events INTEGER NOT NULL,
    hash TEXT NOT NULL
);

INSERT INTO yzgeo_ledger_head (one, events, hash) SELECT 1, count(*), '' FROM yzgeo_ledger;

UPDATE yzgeo_ledger_head SET hash = coalesce(
    (SELECT hash FROM yzgeo_ledger ORDER BY sequence DESC LIMIT 1),
    '0000000000000000000000000000000000000000000000000000000000000000'
);

-- Everything below is a projection: yzgeo ledger rebuild makes it again from the events.
CREATE TABLE yzgeo_ledger_state (
    layer TEXT NOT NULL,
    uid TEXT NOT NULL,
    stage TEXT NOT NULL,
    stage_date TEXT,
    measures TEXT NOT NULL,
    own INTEGER NOT NULL,
    illustrative INTEGER NOT NULL,
    PRIMARY KEY (layer, uid)
) WITHOUT ROWID;

CREATE TABLE yzgeo_ledger_interval (
    layer TEXT NOT NULL,
    uid TEXT NOT NULL,
    start_day TEXT NOT NULL,
    end_day TEXT NOT NULL,
    stage TEXT NOT NULL,
    event_id TEXT NOT NULL,
    delta INTEGER NOT NULL,
    PRIMARY KEY (layer, uid, start_day)
) WITHOUT ROWID;

CREATE INDEX yzgeo_ledger_delivery ON yzgeo_ledger_interval (layer, start_day) WHERE delta != 0;

CREATE TABLE yzgeo_ledger_measure (
    layer TEXT NOT NULL,
    uid TEXT NOT NULL,
    field TEXT NOT NULL,
    start_day TEXT NOT NULL,
    value REAL NOT NULL,
    PRIMARY KEY (layer, uid, field, start_day)
) WITHOUT ROWID;

CREATE TABLE yzgeo_ledger_pending (
    event_id TEXT NOT NULL PRIMARY KEY,
    layer TEXT NOT NULL,
    uid TEXT NOT NULL
) WITHOUT ROWID;

CREATE INDEX yzgeo_ledger_pending_feature ON yzgeo_ledger_pending (layer, uid);

CREATE TABLE yzgeo_attachment (
    sha256 TEXT NOT NULL PRIMARY KEY,
    media_type TEXT NOT NULL,
    bytes INTEGER NOT NULL,
    width INTEGER,
    height INTEGER,
    lon REAL,
    lat REAL,
    taken_at TEXT,
    added_at TEXT NOT NULL,
    actor TEXT NOT NULL,
    illustrative INTEGER NOT NULL
) WITHOUT ROWID;
