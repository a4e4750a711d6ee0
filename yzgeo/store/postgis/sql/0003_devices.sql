-- Phones, by the id that each made for itself; one that several people use stands here once for each.
CREATE TABLE yzgeo_device (
    id TEXT COLLATE "C" NOT NULL,
    actor TEXT COLLATE "C" NOT NULL,
    label TEXT COLLATE "C" NOT NULL,
    first_seen TEXT COLLATE "C" NOT NULL,
    last_seen TEXT COLLATE "C" NOT NULL,
    revoked_at TEXT COLLATE "C",
    revoked_by TEXT COLLATE "C",
    PRIMARY KEY (id, actor)
);

CREATE INDEX yzgeo_device_actor ON yzgeo_device (actor, last_seen);
