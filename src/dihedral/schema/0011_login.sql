-- How people log in, and how long they stay. A secret is kept as its hash, a password as argon2id's.

CREATE TABLE password (
    person     text PRIMARY KEY REFERENCES person ON DELETE CASCADE,
    hash       text NOT NULL CHECK (hash LIKE '$argon2id$%'),
    changed_at timestamptz NOT NULL
);

-- who somebody is at an OIDC provider: bound at the first login, for ever
CREATE TABLE identity (
    issuer   text NOT NULL,
    subject  text NOT NULL,
    person   text NOT NULL REFERENCES person ON DELETE CASCADE,
    bound_at timestamptz NOT NULL,
    PRIMARY KEY (issuer, subject)
);

-- logins in a row that failed. What was typed as a name may be a password, so it is kept hashed.
CREATE TABLE login_failure (
    key      bytea PRIMARY KEY,  -- SHA-256 of `person:NAME` or `address:ADDRESS`
    failures integer NOT NULL,
    last_at  timestamptz NOT NULL
);
CREATE INDEX login_failure_by_age ON login_failure (last_at);

-- a link by which a person sets a password, once; of nobody: the first administrator's
CREATE TABLE invitation (
    hash       bytea PRIMARY KEY,
    person     text REFERENCES person ON DELETE CASCADE,
    made_by    text NOT NULL,
    made_at    timestamptz NOT NULL,
    expires_at timestamptz NOT NULL,
    UNIQUE NULLS NOT DISTINCT (person)
);

CREATE TABLE session (
    id           text PRIMARY KEY,
    person       text NOT NULL REFERENCES person ON DELETE CASCADE,
    organization text NOT NULL REFERENCES organization,  -- in which it acts
    how          text NOT NULL,                          -- password, link, or the OIDC issuer
    agent        text NOT NULL,                          -- the browser, as it names itself
    address      text NOT NULL,
    hash         bytea NOT NULL UNIQUE,
    next_hash    bytea UNIQUE,  -- the secret's successor, until it is used for the first time …
    next_at      timestamptz,
    former_hash  bytea UNIQUE,  -- … and its predecessor, which calls under way may still bring
    rotated_at   timestamptz NOT NULL,
    created_at   timestamptz NOT NULL,
    seen_at      timestamptz NOT NULL,
    expires_at   timestamptz NOT NULL,
    revoked_at   timestamptz
);
CREATE INDEX session_by_person ON session (person, created_at DESC);

-- what a browser hands to a command that waits on its machine; PKCE binds it to that command
CREATE TABLE login_code (
    hash         bytea PRIMARY KEY,
    person       text NOT NULL REFERENCES person ON DELETE CASCADE,
    organization text NOT NULL REFERENCES organization,
    challenge    text NOT NULL,  -- S256
    role         text NOT NULL,
    name         text NOT NULL,
    expires_at   timestamptz NOT NULL
);

-- nobody passes for somebody else by a capital letter
CREATE UNIQUE INDEX person_by_lower_id ON person (lower(id));
