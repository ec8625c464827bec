-- Who acts, where, and with which rights. Organizations do not see one another.

CREATE TABLE organization (
    id         text PRIMARY KEY,
    name       text NOT NULL UNIQUE CHECK (name ~ '^[a-z0-9][a-z0-9_-]{0,62}$'),
    created_at timestamptz NOT NULL DEFAULT now()
);

CREATE TABLE project (
    id           text PRIMARY KEY,
    organization text NOT NULL REFERENCES organization,
    name         text NOT NULL CHECK (name ~ '^[a-z0-9][a-z0-9_-]{0,62}$'),
    description  text NOT NULL DEFAULT '',
    created_at   timestamptz NOT NULL DEFAULT now(),
    UNIQUE (organization, name),
    UNIQUE (organization, id)
);

INSERT INTO organization (id, name) VALUES ('org-default', 'default');
INSERT INTO project (id, organization, name) VALUES ('prj-default', 'org-default', 'default');

ALTER TABLE workspace
    ADD COLUMN organization text NOT NULL DEFAULT 'org-default' REFERENCES organization,
    ADD COLUMN project      text NOT NULL DEFAULT 'prj-default',
    ADD FOREIGN KEY (organization, project) REFERENCES project (organization, id),
    DROP CONSTRAINT workspace_name_key,
    ADD UNIQUE (organization, name);
ALTER TABLE workspace
    ALTER COLUMN organization DROP DEFAULT,
    ALTER COLUMN project DROP DEFAULT;

-- a person; the id is what records say, so it stays for ever
CREATE TABLE person (
    id          text PRIMARY KEY CHECK (id ~ '^[A-Za-z0-9][A-Za-z0-9._@+-]{0,63}$'),
    name        text NOT NULL DEFAULT '',
    email       text NOT NULL DEFAULT '',
    created_at  timestamptz NOT NULL,
    disabled_at timestamptz
);

-- a role in an organization, in a project of it, or in one workspace
CREATE TABLE role_grant (
    holder       text NOT NULL,  -- a person or an agent
    organization text NOT NULL REFERENCES organization,
    project      text,
    workspace    text REFERENCES workspace ON DELETE CASCADE,
    role         text NOT NULL CHECK (role IN ('viewer', 'proposer', 'approver', 'operator',
                                               'administrator')),
    source       text NOT NULL DEFAULT 'direct',  -- or `group:NAME`, given at each login anew
    given_by     text NOT NULL,
    given_at     timestamptz NOT NULL,
    FOREIGN KEY (organization, project) REFERENCES project (organization, id) ON DELETE CASCADE,
    -- a workspace's project is its own business
    CHECK (project IS NULL OR workspace IS NULL),
    UNIQUE NULLS NOT DISTINCT (holder, organization, project, workspace, source)
);
CREATE INDEX role_grant_by_place ON role_grant (organization, workspace);

-- an API token of a person: for programs that act with less than all of that person's rights
CREATE TABLE api_token (
    id           text PRIMARY KEY,
    person       text NOT NULL REFERENCES person ON DELETE CASCADE,
    organization text NOT NULL REFERENCES organization,
    name         text NOT NULL,
    hash         bytea NOT NULL UNIQUE,  -- SHA-256 of the token, which has 256 bits of chance
    role         text NOT NULL,          -- it may no more than this role may …
    workspace    text REFERENCES workspace ON DELETE CASCADE,  -- … and nowhere but here, if said
    created_at   timestamptz NOT NULL,
    expires_at   timestamptz NOT NULL,
    last_used_at timestamptz,
    revoked_at   timestamptz
);
CREATE INDEX api_token_by_person ON api_token (person, created_at DESC);

-- a policy set belongs to an organization; it holds in all of it, in a project, or in one workspace
ALTER TABLE policy_set_version DROP CONSTRAINT policy_set_version_policy_set_fkey;
ALTER TABLE policy_set
    ADD COLUMN organization text NOT NULL DEFAULT 'org-default' REFERENCES organization,
    DROP CONSTRAINT policy_set_pkey,
    DROP CONSTRAINT policy_set_scope_check,
    DROP CONSTRAINT policy_set_check,
    ADD PRIMARY KEY (organization, name),
    ADD FOREIGN KEY (organization, project) REFERENCES project (organization, id) ON DELETE CASCADE,
    ADD CHECK (scope IN ('global', 'project', 'workspace', 'named')),
    ADD CHECK ((scope = 'workspace') = (workspace IS NOT NULL)),
    ADD CHECK ((scope = 'project') = (project IS NOT NULL));
ALTER TABLE policy_set_version
    ADD COLUMN organization text NOT NULL DEFAULT 'org-default',
    ADD FOREIGN KEY (organization, policy_set) REFERENCES policy_set (organization, name)
        ON DELETE CASCADE;
ALTER TABLE policy_set ALTER COLUMN organization DROP DEFAULT;
ALTER TABLE policy_set_version ALTER COLUMN organization DROP DEFAULT;
DROP INDEX policy_set_version_newest;
CREATE INDEX policy_set_version_newest ON policy_set_version (organization, policy_set, seq DESC);
