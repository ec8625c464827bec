-- What somebody new is led through, once: all but this is told by what there is.

CREATE TABLE tour (
    person   text        PRIMARY KEY,  -- or the owner of the data directory, who need not be one
    began_at timestamptz NOT NULL,
    read     text        REFERENCES run ON DELETE SET NULL,  -- whose page was said to be read
    ended_at timestamptz
);
