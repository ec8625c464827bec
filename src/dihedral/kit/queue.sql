-- hold: the job, if it is still this attempt's, kept so until the transaction ends
SELECT id
  FROM procrastinate_jobs
 WHERE id = %(id)s
   AND status = 'doing'
   AND attempts = %(attempts)s
   FOR SHARE;

-- seize: the job, if it still runs, so that one of two who would end it does
SELECT id
  FROM procrastinate_jobs
 WHERE id = %(id)s
   AND status = 'doing'
   AND attempts = %(attempts)s
   FOR UPDATE;

-- take: a dead worker's job, unless somebody is ending it right now
SELECT id
  FROM procrastinate_jobs
 WHERE id = %(id)s
   AND status = 'doing'
   AND attempts = %(attempts)s
   FOR UPDATE SKIP LOCKED;

-- brief: a worker that freezes in this transaction loses it, and what it locked, after so long
SELECT set_config('idle_in_transaction_session_timeout', %(milliseconds)s::int::text, true);

-- mine: what the database thinks that a worker runs
SELECT id, attempts
  FROM procrastinate_jobs
 WHERE worker_id = %(worker)s
   AND status = 'doing';

-- known: whether the worker is still counted among the living
SELECT id
  FROM procrastinate_workers
 WHERE id = %(worker)s;

-- due: seconds until the next job that waits for its time
SELECT extract(epoch FROM min(scheduled_at) - now())::float AS seconds
  FROM procrastinate_jobs
 WHERE status = 'todo'
   AND scheduled_at > now()
   AND queue_name = ANY (%(queues)s::text[]);

-- mender: one worker at a time takes over for the dead
SELECT pg_try_advisory_xact_lock(1836412018) AS mine;

-- heard: workers that were heard of lately
SELECT count(*) AS workers
  FROM procrastinate_workers
 WHERE last_heartbeat > now() - %(silence)s::interval;

-- jobs: what waits, runs or failed, oldest first
SELECT id, task_name AS name, args, lock, attempts, status::text AS status, scheduled_at
  FROM procrastinate_jobs
 WHERE (%(status)s::text IS NULL OR status::text = %(status)s)
   AND (%(lock)s::text IS NULL OR lock = %(lock)s)
 ORDER BY id
 LIMIT %(count)s;
