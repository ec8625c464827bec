-- Approvals that expire, are withdrawn, and outlive an identical plan; runs that wait only so long.

ALTER TABLE run
    ADD COLUMN on_behalf_of  text,         -- whose words led to it, where that is not the proposer
    ADD COLUMN replans       text REFERENCES run ON DELETE SET NULL,  -- the run that it does again
    ADD COLUMN inputs        text,         -- digest of the variables that it was planned with
    ADD COLUMN waiting_since timestamptz,  -- when a person was asked for the first time
    ADD COLUMN expires_at    timestamptz,
    ADD COLUMN ended         text;         -- the fact that ended it
CREATE INDEX run_waiting ON run (waiting_since, id) WHERE status = 'policy_checked';
CREATE INDEX run_fact_expired ON run_fact (fact) WHERE fact IN ('expired', 'discarded');

ALTER TABLE approval
    ADD COLUMN configuration text,
    ADD COLUMN inputs        text,
    ADD COLUMN channel       text NOT NULL DEFAULT '',
    ADD COLUMN overrides     text[] NOT NULL DEFAULT '{}',  -- the gates that asked
    ADD COLUMN asked_at      timestamptz,
    ADD COLUMN expires_at    timestamptz,
    ADD COLUMN carried_from  text REFERENCES approval ON DELETE SET NULL,
    ADD COLUMN ended_at      timestamptz,
    ADD COLUMN ended_as      text CHECK (ended_as IN ('withdrawn', 'expired', 'void', 'carried')),
    ADD COLUMN ended_why     text NOT NULL DEFAULT '',
    ADD CHECK ((ended_at IS NULL) = (ended_as IS NULL)),
    -- what was used cannot be taken back, and what was taken back cannot be used
    ADD CHECK (used_at IS NULL OR ended_at IS NULL),
    DROP CONSTRAINT approval_run_approver_key;
-- a person sits on one seat of a run; whoever took a yes back may give another
CREATE UNIQUE INDEX one_seat ON approval (run, approver) WHERE ended_at IS NULL;
CREATE INDEX approval_by_run ON approval (run, at);
-- one approval goes on in one newer plan
CREATE UNIQUE INDEX carried_once ON approval (carried_from);

-- those that wait already have as long as the others
UPDATE run SET waiting_since = now(), expires_at = now() + interval '72 hours'
 WHERE status = 'policy_checked';
