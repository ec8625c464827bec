-- Sealed content, found by the SHA-256 of its plain text. See kit/blobs.py.
CREATE TABLE blob (
    digest     text        PRIMARY KEY CHECK (digest ~ '^[0-9a-f]{64}$'),
    size       bigint      NOT NULL CHECK (size >= 0),
    sealed     bytea       NOT NULL,
    created_at timestamptz NOT NULL DEFAULT now()
);

-- It is sealed already: neither worth compressing again nor possible.
ALTER TABLE blob ALTER COLUMN sealed SET STORAGE EXTERNAL;

-- Which keys have sealed something here, so that a lost key is noticed at start.
CREATE TABLE keyring (
    key_id     text        PRIMARY KEY,
    created_at timestamptz NOT NULL DEFAULT now()
);

-- The queue's engine wakes its workers for a new job only. Wake them also when a job goes back to
-- wait, and when one with a lock ends, since the next of that lock may run now.
CREATE TRIGGER wake_workers
    AFTER UPDATE OF status ON procrastinate_jobs
    FOR EACH ROW
    WHEN (old.status = 'doing' AND (new.status = 'todo' OR new.lock IS NOT NULL))
    EXECUTE FUNCTION procrastinate_notify_queue_job_inserted_v1();
