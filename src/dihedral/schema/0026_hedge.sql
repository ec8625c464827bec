-- A second endpoint is asked beside one that is silent for long, where its administrator wants that.

ALTER TABLE endpoint
    ADD COLUMN hedge       boolean NOT NULL DEFAULT false,
    ADD COLUMN hedge_after float8  CHECK (hedge_after > 0),  -- seconds; null: its own 95th percentile
    ADD CHECK (hedge OR hedge_after IS NULL);
