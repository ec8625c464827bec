-- What people say of a run; and lists of runs that are read from their newest end.

CREATE TABLE run_comment (
    id         text        PRIMARY KEY,
    run        text        NOT NULL REFERENCES run ON DELETE CASCADE,
    author     text        NOT NULL,
    text       text        NOT NULL CHECK (length(text) BETWEEN 1 AND 4000),
    sends_back boolean     NOT NULL DEFAULT false,  -- it asked for another change in the run's place
    at         timestamptz NOT NULL
);
CREATE INDEX run_comment_by_run ON run_comment (run, at, id);

CREATE INDEX run_newest ON run (created_at DESC, id DESC);
CREATE INDEX run_newest_by_status ON run (status, created_at DESC, id DESC);
