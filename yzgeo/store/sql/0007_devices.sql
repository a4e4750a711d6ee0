-- Phones, by the id that each made for itself; one that several people use stands here once for each.
CREATE TABLE yzgeo_device (
    id TEXT NOT NULL,
    actor TEXT NOT NULL,
    label TEXT NOT NULL,
    first_seen TEXT NOT NULL,
    last_seen TEXT NOT NULL,
    revoked_at TEXT,
    revoked_by TEXT,
    PRIMARY KEY (id, actor)
) WITHOUT ROWID;

CREATE INDEX yzgeo_device_actor ON yzgeo_device (actor, last_seen);
