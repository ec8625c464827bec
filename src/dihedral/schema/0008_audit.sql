-- Every act and every refusal, in one chain (ops/rules/chain.py). Rows are only ever added.
CREATE TABLE audit (
    seq          bigint      PRIMARY KEY,
    at           timestamptz NOT NULL,
    organization text        NOT NULL,
    actor        text        NOT NULL,
    kind         text        NOT NULL CHECK (kind IN ('person', 'agent', 'system')),
    on_behalf_of text,
    action       text        NOT NULL CHECK (action ~ '^[a-z]+\.[a-z_]+$'),
    target       text        NOT NULL,
    workspace    text        NOT NULL,  -- its id; no foreign key, since records outlive it
    outcome      text        NOT NULL CHECK (outcome IN ('done', 'denied', 'failed')),
    reason       text        NOT NULL,
    trace        text        NOT NULL,
    hash         text        NOT NULL
);
CREATE INDEX audit_by_organization ON audit (organization, seq DESC);
CREATE INDEX audit_by_workspace ON audit (workspace, seq DESC);
CREATE INDEX audit_by_target ON audit (target, seq DESC);
CREATE INDEX audit_by_actor ON audit (actor, seq DESC);

-- the newest record; its seal, made with the key, tells when records at the end were taken away
CREATE TABLE audit_head (
    one  boolean PRIMARY KEY DEFAULT true CHECK (one),
    seq  bigint  NOT NULL,
    hash text    NOT NULL,
    seal bytea
);
INSERT INTO audit_head (seq, hash) VALUES (0, repeat('0', 64));

CREATE FUNCTION audit_is_append_only() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'the audit log is append-only';
END
$$;
CREATE TRIGGER append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON audit
    FOR EACH STATEMENT EXECUTE FUNCTION audit_is_append_only();

-- what signs evidence; the private half is sealed
CREATE TABLE signing_key (
    id         text        PRIMARY KEY,
    public     bytea       NOT NULL,
    sealed     bytea       NOT NULL,
    created_at timestamptz NOT NULL
);

-- what led to the run: a request's words and the route they took
ALTER TABLE run ADD COLUMN origin jsonb NOT NULL DEFAULT '{}';
