-- Endpoints, each of a model, which is no more than the name that they share; and how they do.

CREATE TABLE endpoint (
    id              text        PRIMARY KEY,
    organization    text        NOT NULL REFERENCES organization,
    model           text        NOT NULL CHECK (model ~ '^[a-z0-9][a-z0-9._-]{0,62}$'),
    hosting         text        NOT NULL CHECK (hosting IN ('api', 'cluster', 'dedicated', 'edge')),
    wire            text        NOT NULL,
    upstream        text        NOT NULL CHECK (upstream <> ''),
    url             text        NOT NULL,  -- empty where the wire knows its own
    -- money per million tokens; null is unknown, and never 0
    price_input     numeric     CHECK (price_input >= 0),
    price_output    numeric     CHECK (price_output >= 0),
    price_cached    numeric     CHECK (price_cached >= 0),
    price_written   numeric     CHECK (price_written >= 0),
    price_reasoning numeric     CHECK (price_reasoning >= 0),
    price_currency  text,
    price_as_of     date,
    price_source    text,
    context         integer     NOT NULL CHECK (context > 0),
    most            integer     NOT NULL CHECK (most > 0),
    abilities       text[]      NOT NULL,
    data            text        NOT NULL
                    CHECK (data IN ('public', 'internal', 'confidential', 'restricted')),
    region          text        NOT NULL,
    concurrency     integer     NOT NULL CHECK (concurrency > 0),
    score           float8      CHECK (score BETWEEN 0 AND 1),
    enabled         boolean     NOT NULL,
    sealed          bytea,      -- its credential, bound to its id, its wire and its address
    created_at      timestamptz NOT NULL,
    UNIQUE (organization, model, wire, url, upstream),
    CHECK ((price_input IS NULL) = (price_output IS NULL)),
    CHECK ((price_input IS NULL) = (price_as_of IS NULL)),
    CHECK ((price_input IS NULL) = (price_currency IS NULL)),
    CHECK ((price_input IS NULL) = (price_source IS NULL))
);
CREATE TRIGGER endpoint_key_in BEFORE INSERT ON endpoint
    FOR EACH ROW EXECUTE FUNCTION refuse_retired_key('sealed');
CREATE TRIGGER endpoint_key BEFORE UPDATE ON endpoint
    FOR EACH ROW WHEN (new.sealed IS DISTINCT FROM old.sealed)
    EXECUTE FUNCTION refuse_retired_key('sealed');
CREATE INDEX endpoint_by_key ON endpoint (sealed_by(sealed)) WHERE sealed IS NOT NULL;

-- what all processes together saw of an endpoint
CREATE TABLE endpoint_health (
    endpoint text        PRIMARY KEY REFERENCES endpoint ON DELETE CASCADE,
    answered bigint      NOT NULL,
    failed   bigint      NOT NULL,
    latency  float8,     -- seconds until the first token, the newest counting most
    state    text        NOT NULL CHECK (state IN ('closed', 'open', 'half-open')),
    until    timestamptz,  -- when one that is open is tried again
    failure  text        NOT NULL,  -- what it said when it last failed
    at       timestamptz NOT NULL
);
