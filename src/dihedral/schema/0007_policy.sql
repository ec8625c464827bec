-- Policy sets: where each holds, and every version of its files.

CREATE TABLE policy_set (
    name      text PRIMARY KEY CHECK (name ~ '^[a-z0-9][a-z0-9_-]{0,89}$'),
    scope     text NOT NULL CHECK (scope IN ('global', 'workspace', 'named')),
    workspace text REFERENCES workspace ON DELETE CASCADE,
    project   text,  -- for when there are projects
    CHECK ((scope = 'workspace') = (workspace IS NOT NULL))
);

CREATE TABLE policy_set_version (
    policy_set  text NOT NULL REFERENCES policy_set ON DELETE CASCADE,
    seq         bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    version     text NOT NULL CHECK (version ~ '^[0-9a-f]{64}$'),  -- of the files; verdicts name it
    content     text NOT NULL REFERENCES blob,
    source      text NOT NULL,   -- a directory's name, or the URL of a repository
    revision    text NOT NULL DEFAULT '',  -- the commit, if it comes from one
    description text NOT NULL DEFAULT '',
    level       text NOT NULL,
    policies    integer NOT NULL,  -- files that judge
    actor       text NOT NULL,
    at          timestamptz NOT NULL
);
CREATE INDEX policy_set_version_newest ON policy_set_version (policy_set, seq DESC);
