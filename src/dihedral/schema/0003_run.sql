-- Workspaces, what runs in them, and what came of it. Sensitive text is sealed before it comes here.

CREATE TABLE workspace (
    id                text PRIMARY KEY,
    name              text NOT NULL UNIQUE CHECK (name ~ '^[a-z0-9][a-z0-9_-]{0,89}$'),
    description       text NOT NULL DEFAULT '',
    tool              text NOT NULL DEFAULT 'terraform' CHECK (tool IN ('terraform', 'tofu')),
    tool_version      text NOT NULL DEFAULT '',
    working_directory text NOT NULL DEFAULT '',
    simulated         boolean NOT NULL DEFAULT true,
    auto_apply        boolean NOT NULL DEFAULT false,
    apply_limit       interval NOT NULL DEFAULT '1 hour',
    lock_kind         text CHECK (lock_kind IN ('person', 'mend')),
    locked_by         text,
    lock_reason       text,
    locked_at         timestamptz,
    created_at        timestamptz NOT NULL,
    CHECK ((lock_kind IS NULL) = (locked_at IS NULL))
);

CREATE TABLE variable (
    id          text PRIMARY KEY,
    workspace   text NOT NULL REFERENCES workspace ON DELETE CASCADE,
    key         text NOT NULL,
    category    text NOT NULL CHECK (category IN ('terraform', 'env')),
    hcl         boolean NOT NULL DEFAULT false,
    sensitive   boolean NOT NULL DEFAULT false,
    description text NOT NULL DEFAULT '',
    sealed      bytea NOT NULL,  -- the value, always
    UNIQUE (workspace, category, key)
);

CREATE TABLE run (
    id            text PRIMARY KEY,
    workspace     text NOT NULL REFERENCES workspace ON DELETE CASCADE,
    proposer      text NOT NULL,
    configuration text NOT NULL REFERENCES blob,
    status        text NOT NULL,
    message       text NOT NULL,
    source        text NOT NULL,
    plan_only     boolean NOT NULL,
    destroy       boolean NOT NULL,
    refresh_only  boolean NOT NULL,
    request       text,
    lease         text,
    reason        text NOT NULL DEFAULT '',
    plan_file     text REFERENCES blob,
    plan_json     text REFERENCES blob,
    lock_file     text REFERENCES blob,
    effect        text,
    base_state    text,
    tool          text NOT NULL DEFAULT '',
    evidence      text REFERENCES blob,
    approvers     integer NOT NULL DEFAULT 1 CHECK (approvers >= 0),  -- people who must approve
    seal          bytea,  -- ties the plan file to what was judged
    summary       jsonb NOT NULL DEFAULT '{}',   -- counts of the plan, with no values in it
    speed         jsonb NOT NULL DEFAULT '{}',   -- seconds by step
    numbers       jsonb NOT NULL DEFAULT '{}',   -- cost and risk, as shown
    created_at    timestamptz NOT NULL
);
CREATE INDEX run_by_workspace ON run (workspace, created_at DESC);
CREATE INDEX run_unfinished ON run (status)
    WHERE status IN ('pending', 'planning', 'planned', 'confirmed', 'applying');
-- two runs of one workspace never plan or apply at once
CREATE UNIQUE INDEX one_at_work ON run (workspace) WHERE status IN ('planning', 'applying');

-- the truth about a run; run.status is its fold
CREATE TABLE run_fact (
    run   text NOT NULL REFERENCES run ON DELETE CASCADE,
    seq   integer NOT NULL,
    fact  text NOT NULL,
    actor text NOT NULL,
    note  text NOT NULL DEFAULT '',
    at    timestamptz NOT NULL,
    PRIMARY KEY (run, seq)
);

-- the live log, in sealed pieces of some lines each
CREATE TABLE run_log (
    run    text NOT NULL REFERENCES run ON DELETE CASCADE,
    seq    integer NOT NULL,
    phase  text NOT NULL,
    sealed bytea NOT NULL,
    PRIMARY KEY (run, seq)
);

CREATE TABLE verdict (
    run      text NOT NULL REFERENCES run ON DELETE CASCADE,
    gate     text NOT NULL,
    ruling   text NOT NULL CHECK (ruling IN ('allow', 'ask', 'deny')),
    reason   text NOT NULL,
    findings jsonb NOT NULL DEFAULT '[]',
    approvers integer NOT NULL DEFAULT 1,
    PRIMARY KEY (run, gate)
);

-- a person's yes, bound to what would be done, on what, where
CREATE TABLE approval (
    id         text PRIMARY KEY,
    run        text NOT NULL REFERENCES run ON DELETE CASCADE,
    workspace  text NOT NULL,
    effect     text NOT NULL,
    base_state text,
    approver   text NOT NULL,
    how        text NOT NULL,  -- person, or self: the proposer, where a setting allows it
    comment    text NOT NULL DEFAULT '',
    at         timestamptz NOT NULL,
    seal       bytea NOT NULL,
    used_at    timestamptz,
    UNIQUE (run, approver)
);

CREATE TABLE state_version (
    id         text PRIMARY KEY,
    workspace  text NOT NULL REFERENCES workspace ON DELETE CASCADE,
    seq        bigint GENERATED ALWAYS AS IDENTITY,
    lineage    text NOT NULL,
    serial     bigint NOT NULL,
    content    text NOT NULL REFERENCES blob,
    resources  integer NOT NULL,
    run        text REFERENCES run ON DELETE SET NULL,
    actor      text NOT NULL,
    note       text NOT NULL DEFAULT '',
    created_at timestamptz NOT NULL
);
CREATE INDEX state_version_current ON state_version (workspace, seq DESC);
