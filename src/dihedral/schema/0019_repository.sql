-- What agents make on the way to a proposal, and the keys by which nothing is done twice.

-- of the wish that led to a run: the same wish again is the same run
ALTER TABLE run ADD COLUMN key text UNIQUE;

-- a conversation's own files for a workspace: each version of them, with what it began from
CREATE TABLE draft (
    conversation text        NOT NULL,
    workspace    text        NOT NULL REFERENCES workspace ON DELETE CASCADE,
    number       integer     NOT NULL CHECK (number > 0),
    key          text        NOT NULL UNIQUE,  -- of the call that wrote it
    turn         text        NOT NULL,
    base         text        NOT NULL REFERENCES blob,
    files        text        NOT NULL REFERENCES blob,
    written_by   text        NOT NULL,
    written_at   timestamptz NOT NULL,
    PRIMARY KEY (conversation, workspace, number)
);

-- what came of a version when it was tried
CREATE TABLE draft_try (
    key          text        PRIMARY KEY,  -- of the call that tried it
    conversation text        NOT NULL,
    workspace    text        NOT NULL,
    number       integer     NOT NULL,
    turn         text        NOT NULL,
    kind         text        NOT NULL CHECK (kind IN ('validated', 'planned', 'proposed')),
    passed       boolean     NOT NULL,
    said         text        NOT NULL REFERENCES blob,
    run          text        REFERENCES run ON DELETE SET NULL,
    at           timestamptz NOT NULL,
    FOREIGN KEY (conversation, workspace, number) REFERENCES draft ON DELETE CASCADE
);
CREATE INDEX draft_try_of_turn ON draft_try (conversation, turn);

-- what an agent handed to a person, since it could not or must not go on alone
CREATE TABLE escalation (
    key          text        PRIMARY KEY,  -- of the call
    conversation text        NOT NULL,
    agent        text        NOT NULL,
    person       text        NOT NULL,  -- with whom it talked
    reason       text        NOT NULL REFERENCES blob,
    at           timestamptz NOT NULL
);
