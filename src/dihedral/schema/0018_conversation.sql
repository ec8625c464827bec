-- Conversations: what was said, each time that an agent went to work on it, and what it wanted.

CREATE TABLE conversation (
    id           text        PRIMARY KEY,
    organization text        NOT NULL REFERENCES organization,
    agent        text        NOT NULL,
    person       text        NOT NULL,
    workspace    text        REFERENCES workspace ON DELETE SET NULL,
    title        text        NOT NULL,
    standing     text        NOT NULL CHECK (standing IN ('resting', 'working', 'paused', 'stopped')),
    why          text        NOT NULL DEFAULT '',
    parent       text,  -- the turn that handed the work on
    brief        text        NOT NULL DEFAULT '',  -- of such: a digest of its words, to know it again
    request      text        REFERENCES request ON DELETE SET NULL,  -- which still lacks something
    created_at   timestamptz NOT NULL,
    updated_at   timestamptz NOT NULL,
    CHECK ((parent IS NULL) = (brief = ''))
);
CREATE INDEX conversation_by_person ON conversation (organization, person, updated_at DESC, id DESC)
    WHERE parent IS NULL;
CREATE INDEX conversation_by_parent ON conversation (parent) WHERE parent IS NOT NULL;

-- `allowance` is how many times its limits may be used up: one more each time that it is resumed
CREATE TABLE turn (
    id           text        PRIMARY KEY,
    conversation text        NOT NULL REFERENCES conversation ON DELETE CASCADE,
    seq          integer     NOT NULL CHECK (seq > 0),
    agent        text        NOT NULL,
    version      integer     NOT NULL,  -- of the agent's file; 0 where no model was asked
    instance     text        REFERENCES agent_instance,
    allowance    integer     NOT NULL DEFAULT 1 CHECK (allowance > 0),
    started_at   timestamptz NOT NULL,
    ended_at     timestamptz,
    outcome      text        CHECK (outcome IN ('answered', 'failed', 'stopped')),
    why          text        NOT NULL DEFAULT '',
    rounds       integer     NOT NULL DEFAULT 0,
    calls        integer     NOT NULL DEFAULT 0,
    runs         text[]      NOT NULL DEFAULT '{}',  -- that it read; those it proposed name it
    numbers      jsonb       NOT NULL DEFAULT '{}',
    UNIQUE (conversation, seq),
    CHECK ((ended_at IS NULL) = (outcome IS NULL))
);
ALTER TABLE conversation ADD FOREIGN KEY (parent) REFERENCES turn ON DELETE CASCADE;
-- a conversation has one turn at work at most
CREATE UNIQUE INDEX one_open_turn ON turn (conversation) WHERE ended_at IS NULL;

-- what was said, once each: the content is a sealed blob, and a conversation a list of digests
CREATE TABLE message (
    conversation text        NOT NULL REFERENCES conversation ON DELETE CASCADE,
    seq          integer     NOT NULL CHECK (seq > 0),
    turn         text        NOT NULL REFERENCES turn ON DELETE CASCADE,
    speaker      text        NOT NULL CHECK (speaker IN ('person', 'agent', 'tool')),
    digest       text        NOT NULL REFERENCES blob,
    at           timestamptz NOT NULL,
    PRIMARY KEY (conversation, seq)
);

-- The journal: what a turn wanted, in order, and what came of it. What is done is not done again.
CREATE TABLE want (
    turn     text        NOT NULL REFERENCES turn ON DELETE CASCADE,
    seq      integer     NOT NULL CHECK (seq > 0),
    kind     text        NOT NULL CHECK (kind IN ('ask', 'use')),
    tool     text        NOT NULL DEFAULT '',
    tries    integer     NOT NULL DEFAULT 1 CHECK (tries > 0),
    begun_at timestamptz NOT NULL,
    done_at  timestamptz,
    result   text        REFERENCES blob,
    failed   boolean     NOT NULL DEFAULT false,
    numbers  jsonb       NOT NULL DEFAULT '{}',
    PRIMARY KEY (turn, seq),
    CHECK ((done_at IS NULL) = (result IS NULL)),
    CHECK ((kind = 'use') = (tool <> ''))
);

-- What an agent is saying right now, in pieces; gone as soon as the whole of it is a message.
CREATE TABLE conversation_piece (
    conversation text    NOT NULL REFERENCES conversation ON DELETE CASCADE,
    seq          integer NOT NULL,
    kind         text    NOT NULL CHECK (kind IN ('text', 'thought', 'tool', 'again')),
    sealed       bytea   NOT NULL,
    PRIMARY KEY (conversation, seq)
);
CREATE TRIGGER conversation_piece_key_in BEFORE INSERT ON conversation_piece
    FOR EACH ROW EXECUTE FUNCTION refuse_retired_key('sealed');
CREATE TRIGGER conversation_piece_key BEFORE UPDATE ON conversation_piece
    FOR EACH ROW WHEN (new.sealed IS DISTINCT FROM old.sealed)
    EXECUTE FUNCTION refuse_retired_key('sealed');
CREATE INDEX conversation_piece_by_key ON conversation_piece (sealed_by(sealed));
