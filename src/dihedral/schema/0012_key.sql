-- Keys in two layers (docs/adr/0014): data keys seal content, and the master key, which is never
-- here, seals the data keys. Until now the master key sealed content itself; where it did, it goes
-- on as an old data key until a rotation has moved everything off it.
ALTER TABLE keyring
    ADD COLUMN kind       text NOT NULL DEFAULT 'master' CHECK (kind IN ('master', 'data')),
    ADD COLUMN retired_at timestamptz,  -- from here on nothing is sealed with it
    ADD COLUMN ended_at   timestamptz,  -- nothing is left under it, and nobody can open it any more
    ADD CHECK (retired_at IS NOT NULL OR ended_at IS NULL);
CREATE UNIQUE INDEX one_key_seals ON keyring (kind) WHERE kind = 'data' AND retired_at IS NULL;

CREATE TABLE key_wrap (
    data_key text  NOT NULL REFERENCES keyring,
    master   text  NOT NULL REFERENCES keyring,
    sealed   bytea NOT NULL,
    PRIMARY KEY (data_key, master)
);

-- Whoever seals holds this lock, shared, until its transaction ends; a key is retired, and ends,
-- under the exclusive one. So no transaction is under way that seals with a key when it retires.
CREATE FUNCTION sealing_key() RETURNS text LANGUAGE plpgsql AS $$
BEGIN
    PERFORM pg_advisory_xact_lock_shared(1801812335);
    RETURN (SELECT key_id FROM keyring WHERE kind = 'data' AND retired_at IS NULL);
END
$$;

CREATE FUNCTION sealed_by(sealed bytea) RETURNS text LANGUAGE sql IMMUTABLE PARALLEL SAFE AS
    $$ SELECT encode(substring(sealed FROM 6 FOR 8), 'hex') $$;

-- Of a digest of secrets: what stands before the point. Older ones have none, and are `bare`.
CREATE FUNCTION keyed_by(digest text) RETURNS text LANGUAGE sql IMMUTABLE PARALLEL SAFE AS
    $$ SELECT CASE WHEN digest IS NULL THEN NULL
                   WHEN position('.' IN digest) = 0 THEN 'bare'
                   ELSE split_part(digest, '.', 1) END $$;

-- The last word: nothing is sealed with a key that is unknown or retired, whatever wrote it. An
-- empty seal is one that nobody believes.
CREATE FUNCTION refuse_retired_key() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    given bytea;
BEGIN
    IF TG_ARGV[0] = 'seal' THEN
        given := new.seal;
    ELSE
        given := new.sealed;
    END IF;
    IF given IS NULL OR length(given) = 0 THEN
        RETURN new;
    END IF;
    PERFORM pg_advisory_xact_lock_shared(1801812335);
    IF NOT EXISTS (SELECT FROM keyring WHERE key_id = sealed_by(given) AND retired_at IS NULL) THEN
        RAISE EXCEPTION '% in % is sealed with key %, which seals no more',
            TG_ARGV[0], TG_TABLE_NAME, sealed_by(given);
    END IF;
    RETURN new;
END
$$;

CREATE TRIGGER blob_key_in BEFORE INSERT ON blob
    FOR EACH ROW EXECUTE FUNCTION refuse_retired_key('sealed');
CREATE TRIGGER blob_key BEFORE UPDATE ON blob
    FOR EACH ROW WHEN (new.sealed IS DISTINCT FROM old.sealed)
    EXECUTE FUNCTION refuse_retired_key('sealed');
CREATE TRIGGER variable_key_in BEFORE INSERT ON variable
    FOR EACH ROW EXECUTE FUNCTION refuse_retired_key('sealed');
CREATE TRIGGER variable_key BEFORE UPDATE ON variable
    FOR EACH ROW WHEN (new.sealed IS DISTINCT FROM old.sealed)
    EXECUTE FUNCTION refuse_retired_key('sealed');
CREATE TRIGGER run_log_key_in BEFORE INSERT ON run_log
    FOR EACH ROW EXECUTE FUNCTION refuse_retired_key('sealed');
CREATE TRIGGER run_log_key BEFORE UPDATE ON run_log
    FOR EACH ROW WHEN (new.sealed IS DISTINCT FROM old.sealed)
    EXECUTE FUNCTION refuse_retired_key('sealed');
CREATE TRIGGER signing_key_key_in BEFORE INSERT ON signing_key
    FOR EACH ROW EXECUTE FUNCTION refuse_retired_key('sealed');
CREATE TRIGGER signing_key_key BEFORE UPDATE ON signing_key
    FOR EACH ROW WHEN (new.sealed IS DISTINCT FROM old.sealed)
    EXECUTE FUNCTION refuse_retired_key('sealed');
CREATE TRIGGER run_key_in BEFORE INSERT ON run
    FOR EACH ROW EXECUTE FUNCTION refuse_retired_key('seal');
CREATE TRIGGER run_key BEFORE UPDATE ON run
    FOR EACH ROW WHEN (new.seal IS DISTINCT FROM old.seal)
    EXECUTE FUNCTION refuse_retired_key('seal');
CREATE TRIGGER approval_key_in BEFORE INSERT ON approval
    FOR EACH ROW EXECUTE FUNCTION refuse_retired_key('seal');
CREATE TRIGGER approval_key BEFORE UPDATE ON approval
    FOR EACH ROW WHEN (new.seal IS DISTINCT FROM old.seal)
    EXECUTE FUNCTION refuse_retired_key('seal');
CREATE TRIGGER audit_head_key BEFORE UPDATE ON audit_head
    FOR EACH ROW WHEN (new.seal IS DISTINCT FROM old.seal)
    EXECUTE FUNCTION refuse_retired_key('seal');

-- what is left under a key is found without reading the content
CREATE INDEX blob_by_key ON blob (sealed_by(sealed));
CREATE INDEX variable_by_key ON variable (sealed_by(sealed));
CREATE INDEX run_log_by_key ON run_log (sealed_by(sealed));
CREATE INDEX run_by_key ON run (sealed_by(seal)) WHERE seal IS NOT NULL;
CREATE INDEX run_by_inputs ON run (keyed_by(inputs)) WHERE inputs IS NOT NULL;
CREATE INDEX approval_by_key ON approval (sealed_by(seal));
CREATE INDEX approval_by_inputs ON approval (keyed_by(inputs)) WHERE inputs IS NOT NULL;
