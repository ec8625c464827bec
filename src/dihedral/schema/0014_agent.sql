-- Agents: who they are, what they may spend and reach, and each time that one runs.

-- what an agent was given is in role_grant, whose holder is then `agent:NAME`
CREATE TABLE agent (
    organization   text        NOT NULL REFERENCES organization,
    name           text        NOT NULL CHECK (name ~ '^[a-z0-9][a-z0-9_-]{0,62}$' AND name <> 'all'),
    owner          text        NOT NULL REFERENCES person,  -- who answers for it
    purpose        text        NOT NULL,
    tools          text[]      NOT NULL,
    -- limits; null is none
    money          numeric     CHECK (money >= 0),  -- of its models, a month
    money_currency text        NOT NULL,
    delta          numeric     CHECK (delta >= 0),  -- of the infrastructure, a month
    delta_currency text        NOT NULL,
    blast          text        NOT NULL CHECK (blast IN ('contained', 'limited', 'wide', 'critical')),
    calls          integer     CHECK (calls >= 0),    -- of models, a turn
    seconds        integer     CHECK (seconds >= 0),  -- a turn
    created_at     timestamptz NOT NULL,
    suspended_at   timestamptz,
    suspended_by   text,
    suspended_why  text        NOT NULL DEFAULT '',
    PRIMARY KEY (organization, name),
    CHECK ((suspended_at IS NULL) = (suspended_by IS NULL))
);

-- one time that an agent runs; its tokens live no longer than it does
CREATE TABLE agent_instance (
    id           text        PRIMARY KEY,
    organization text        NOT NULL,
    agent        text        NOT NULL,
    on_behalf_of text        NOT NULL REFERENCES person,
    via          text        REFERENCES agent_instance,  -- who handed it the work
    started_by   text        NOT NULL,
    started_at   timestamptz NOT NULL,
    until        timestamptz NOT NULL,  -- when the newest of its tokens expires
    ended_at     timestamptz,
    ended_why    text        NOT NULL DEFAULT '',
    FOREIGN KEY (organization, agent) REFERENCES agent (organization, name)
);
CREATE INDEX agent_instance_alive ON agent_instance (organization, agent) WHERE ended_at IS NULL;

-- the switch for all of them
ALTER TABLE organization
    ADD COLUMN agents_suspended_at  timestamptz,
    ADD COLUMN agents_suspended_by  text,
    ADD COLUMN agents_suspended_why text NOT NULL DEFAULT '',
    ADD CHECK ((agents_suspended_at IS NULL) = (agents_suspended_by IS NULL));

-- what an agent's runs add in a month is summed each time that one of them is judged
CREATE INDEX run_by_agent ON run (proposer, created_at) WHERE proposer LIKE 'agent:%';
