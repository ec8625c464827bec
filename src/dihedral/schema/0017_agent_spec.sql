-- Agents' files: what each version says, and which of them held when.

-- a version never changes; its content is a sealed blob, found by its digest
CREATE TABLE agent_spec (
    organization text        NOT NULL REFERENCES organization,
    name         text        NOT NULL,
    version      integer     NOT NULL CHECK (version > 0),
    digest       text        NOT NULL REFERENCES blob,
    shipped      boolean     NOT NULL,  -- it came with the program
    applied_by   text        NOT NULL,
    applied_at   timestamptz NOT NULL,
    PRIMARY KEY (organization, name, version),
    UNIQUE (organization, name, digest)
);

-- each time that a version was taken; the last one holds
CREATE TABLE agent_taken (
    organization text        NOT NULL,
    name         text        NOT NULL,
    seq          integer     NOT NULL CHECK (seq > 0),
    version      integer     NOT NULL,
    taken_by     text        NOT NULL,
    taken_at     timestamptz NOT NULL,
    PRIMARY KEY (organization, name, seq),
    FOREIGN KEY (organization, name, version) REFERENCES agent_spec
);
