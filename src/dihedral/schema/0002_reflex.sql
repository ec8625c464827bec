-- The reflex: versions of its weights, of which one answers, and the lessons that reviews gave it.

CREATE TABLE reflex (
    version    bigint           GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    digest     text             NOT NULL,  -- of the examples and the machine's settings
    precision  double precision NOT NULL CHECK (precision BETWEEN 0 AND 1),
    margin     double precision NOT NULL,  -- the gates; infinity: shut
    score      double precision NOT NULL,
    weights    bytea            NOT NULL,
    live       boolean          NOT NULL,
    created_at timestamptz      NOT NULL
);

CREATE UNIQUE INDEX one_live_reflex ON reflex (live) WHERE live;

CREATE TABLE lesson (
    id      bigint      GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    text    text        NOT NULL,
    label   text        NOT NULL,  -- empty: none of ours
    source  text        NOT NULL CHECK (source IN ('accepted', 'corrected')),
    request text        NOT NULL,
    actor   text        NOT NULL,
    at      timestamptz NOT NULL,
    taken   boolean     NOT NULL,  -- false: it would have cost precision, so the weights did not move
    UNIQUE (request)               -- a request is judged once
);
