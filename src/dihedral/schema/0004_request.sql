-- What people asked for, in their own words, and the way that each request took.

CREATE TABLE request (
    id         text PRIMARY KEY,
    actor      text NOT NULL,
    workspace  text NOT NULL REFERENCES workspace ON DELETE CASCADE,
    text       text NOT NULL,
    kind       text NOT NULL CHECK (kind IN ('blueprint', 'incomplete', 'unsure')),
    blueprint  text,
    confidence double precision NOT NULL,
    nearest    jsonb NOT NULL,             -- [{"label", "score"}, …], best first
    given      jsonb NOT NULL DEFAULT '{}',  -- the slots' values
    run        text REFERENCES run ON DELETE SET NULL,
    created_at timestamptz NOT NULL
);
CREATE INDEX request_by_time ON request (created_at DESC, id DESC);
CREATE INDEX request_by_run ON request (run);
