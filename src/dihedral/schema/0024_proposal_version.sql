-- On which configuration a proposal's files began, and what its files were before they were laid over
-- what was applied meanwhile.

ALTER TABLE run ADD COLUMN base text REFERENCES blob;  -- none where nothing was applied

-- of the runs that there are: what was applied last when each was proposed
UPDATE run
   SET base = (SELECT CASE WHEN r.destroy THEN NULL ELSE r.configuration END
                 FROM run r
                 JOIN run_fact f ON f.run = r.id AND f.fact = 'applied'
                WHERE r.workspace = run.workspace
                  AND r.status = 'applied'
                  AND NOT r.refresh_only
                  AND f.at < run.created_at
                ORDER BY f.at DESC, r.id DESC
                LIMIT 1);

CREATE TABLE proposal_version (
    run           text        NOT NULL REFERENCES run ON DELETE CASCADE,
    number        integer     NOT NULL CHECK (number > 0),
    configuration text        NOT NULL REFERENCES blob,
    base          text        REFERENCES blob,
    at            timestamptz NOT NULL,  -- until when the run had it
    PRIMARY KEY (run, number)
);

-- what is applied in a workspace is asked at every proposal
CREATE INDEX run_fact_applied ON run_fact (run, at) WHERE fact = 'applied';
