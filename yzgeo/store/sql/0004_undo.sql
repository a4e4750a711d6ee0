-- A batch that takes another back names it, and each says how long the ledger was: what people recorded later counts.
ALTER TABLE yzgeo_batch ADD COLUMN undoes TEXT;

ALTER TABLE yzgeo_batch ADD COLUMN ledger_events INTEGER;

CREATE INDEX yzgeo_batch_undoes ON yzgeo_batch (undoes) WHERE undoes IS NOT NULL;
