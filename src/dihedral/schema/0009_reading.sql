-- Which outputs of another workspace a workspace reads, by what was applied in it last.
CREATE TABLE reading (
    reader text NOT NULL REFERENCES workspace ON DELETE CASCADE,
    source text NOT NULL REFERENCES workspace,  -- what is read does not go
    output text NOT NULL,  -- or `*`: every one
    PRIMARY KEY (reader, source, output),
    CHECK (reader <> source)
);
CREATE INDEX reading_by_source ON reading (source);
