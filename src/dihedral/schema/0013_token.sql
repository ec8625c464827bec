-- What signs tokens (ops/rules/rotation.py); the private half is sealed, bound to `token key ID`.
CREATE TABLE token_key (
    id         text        PRIMARY KEY,  -- RFC 7638 thumbprint
    alg        text        NOT NULL CHECK (alg IN ('ES256', 'RS256')),
    public     jsonb       NOT NULL,     -- RFC 7517
    sealed     bytea       NOT NULL,
    created_at timestamptz NOT NULL,
    signs_from timestamptz NOT NULL,
    retires_at timestamptz,              -- no longer published; unknown until a successor is there
    CHECK (retires_at > signs_from)
);
CREATE TRIGGER token_key_key_in BEFORE INSERT ON token_key
    FOR EACH ROW EXECUTE FUNCTION refuse_retired_key('sealed');
CREATE TRIGGER token_key_key BEFORE UPDATE ON token_key
    FOR EACH ROW WHEN (new.sealed IS DISTINCT FROM old.sealed)
    EXECUTE FUNCTION refuse_retired_key('sealed');
-- two successors of one key cannot be
CREATE UNIQUE INDEX one_token_key ON token_key (alg) WHERE retires_at IS NULL;

-- tokens that were taken back: one by its jti, all of an agent, an instance or a person, or `all`
CREATE TABLE token_revoked (
    what  text        PRIMARY KEY,
    since timestamptz NOT NULL,  -- those issued up to then
    until timestamptz NOT NULL   -- when the last of them has expired
);
