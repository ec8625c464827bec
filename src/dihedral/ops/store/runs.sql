-- add: a new run
INSERT INTO run (id, workspace, proposer, configuration, status, message, source,
                 plan_only, destroy, refresh_only, request, origin, on_behalf_of,
                 replans, base, created_at, key)
VALUES (%(id)s, %(workspace)s, %(proposer)s, %(configuration)s, %(status)s, %(message)s, %(source)s,
        %(plan_only)s, %(destroy)s, %(refresh_only)s, %(request)s, %(origin)s,
        %(on_behalf_of)s, %(replans)s, %(base)s, %(created_at)s, %(key)s);

-- find: one run
SELECT id, workspace, proposer, configuration, status, message, source, plan_only, destroy,
       refresh_only, request, origin, lease, reason, plan_file, plan_json, lock_file, effect, base_state,
       tool, evidence, approvers, seal, summary, speed, numbers, on_behalf_of, replans, inputs, base,
       waiting_since, expires_at, ended, created_at
  FROM run
 WHERE id = %(run)s;

-- by_key: the run of the proposal that had this key
SELECT id, workspace, proposer, configuration, status, message, source, plan_only, destroy,
       refresh_only, request, origin, lease, reason, plan_file, plan_json, lock_file, effect, base_state,
       tool, evidence, approvers, seal, summary, speed, numbers, on_behalf_of, replans, inputs, base,
       waiting_since, expires_at, ended, created_at
  FROM run
 WHERE key = %(key)s;

-- of_turns: what these turns proposed, oldest first
SELECT split_part(key, ':', 1) AS turn, id
  FROM run
 WHERE split_part(key, ':', 1) = ANY(%(turns)s::text[])
   AND key IS NOT NULL
   AND NOT plan_only
 ORDER BY created_at, id;

-- outcomes: how many runs of a proposer are in each status, and how those ended that are over
SELECT status, ended, count(*) AS runs
  FROM run
 WHERE proposer = %(proposer)s
   AND workspace IN (SELECT w.id FROM workspace w WHERE w.organization = %(organization)s)
   AND (%(sight)s::text[] IS NULL OR workspace = ANY(%(sight)s))
   AND NOT plan_only
 GROUP BY status, ended
 ORDER BY status, ended;

-- lock: one run, held until the transaction ends
SELECT id, workspace, proposer, configuration, status, message, source, plan_only, destroy,
       refresh_only, request, origin, lease, reason, plan_file, plan_json, lock_file, effect, base_state,
       tool, evidence, approvers, seal, summary, speed, numbers, on_behalf_of, replans, inputs, base,
       waiting_since, expires_at, ended, created_at
  FROM run
 WHERE id = %(run)s
   FOR UPDATE;

-- page: of an organization, newest first, older than `before` where given; `sight` are the
-- workspaces that may be seen, or all
SELECT id, workspace, proposer, configuration, status, message, source, plan_only, destroy,
       refresh_only, request, origin, lease, reason, plan_file, plan_json, lock_file, effect, base_state,
       tool, evidence, approvers, seal, summary, speed, numbers, on_behalf_of, replans, inputs, base,
       waiting_since, expires_at, ended, created_at
  FROM run
 WHERE workspace IN (SELECT w.id FROM workspace w WHERE w.organization = %(organization)s)
   AND (%(sight)s::text[] IS NULL OR workspace = ANY(%(sight)s))
   AND (%(status)s::text IS NULL OR status = %(status)s)
   AND (%(proposer)s::text IS NULL OR proposer = %(proposer)s)
   AND (%(before)s::text IS NULL
        OR (created_at, id) < (SELECT created_at, id FROM run WHERE id = %(before)s))
 ORDER BY created_at DESC, id DESC
 LIMIT %(size)s;

-- save: the run after a move
UPDATE run
   SET status = %(status)s,
       lease = %(lease)s,
       reason = %(reason)s,
       plan_file = %(plan_file)s,
       plan_json = %(plan_json)s,
       lock_file = %(lock_file)s,
       effect = %(effect)s,
       base_state = %(base_state)s,
       tool = %(tool)s,
       evidence = %(evidence)s,
       approvers = %(approvers)s,
       seal = %(seal)s,
       inputs = %(inputs)s,
       waiting_since = %(waiting_since)s,
       expires_at = %(expires_at)s,
       ended = %(ended)s,
       summary = %(summary)s::jsonb,
       speed = %(speed)s::jsonb,
       numbers = %(numbers)s::jsonb
 WHERE id = %(id)s;

-- tell: what happened, next in the run's own count
INSERT INTO run_fact (run, seq, fact, actor, note, at)
SELECT %(run)s, count(*) + 1, %(fact)s, %(actor)s, %(note)s, %(at)s
  FROM run_fact
 WHERE run = %(run)s;

-- history: every fact of a run, in order
SELECT seq, fact, actor, note, at
  FROM run_fact
 WHERE run = %(run)s
 ORDER BY seq;

-- unfinished: runs that a worker should be busy with, oldest first
SELECT id, workspace
  FROM run
 WHERE status IN ('pending', 'planning', 'planned', 'confirmed', 'applying')
 ORDER BY created_at, id;

-- current: what was applied last in a workspace
SELECT run.id, configuration, destroy
  FROM run
  JOIN run_fact ON run_fact.run = run.id AND run_fact.fact = 'applied'
 WHERE workspace = %(workspace)s
   AND status = 'applied'
   AND NOT refresh_only
 ORDER BY run_fact.at DESC, run.id DESC
 LIMIT 1;

-- renew: the run has other files from here on, laid over what is applied now
UPDATE run
   SET configuration = %(configuration)s,
       base = %(base)s
 WHERE id = %(run)s;

-- keep_version: the files that it had before, next in its own count
INSERT INTO proposal_version (run, number, configuration, base, at)
SELECT id, (SELECT count(*) + 1 FROM proposal_version WHERE proposal_version.run = %(run)s),
       configuration, base, %(at)s
  FROM run
 WHERE id = %(run)s;

-- versions: the files that the proposals of a workspace had before, oldest first
SELECT proposal_version.run, number, proposal_version.configuration, at
  FROM proposal_version
  JOIN run ON run.id = proposal_version.run
 WHERE workspace = %(workspace)s
 ORDER BY run, number;

-- forget_verdicts: before a run is judged again
DELETE FROM verdict
 WHERE run = %(run)s;

-- judge: what one gate said, in place of what it said before
INSERT INTO verdict (run, gate, ruling, reason, findings, approvers)
VALUES (%(run)s, %(gate)s, %(ruling)s, %(reason)s, %(findings)s::jsonb, %(approvers)s)
    ON CONFLICT (run, gate) DO UPDATE
   SET ruling = excluded.ruling,
       reason = excluded.reason,
       findings = excluded.findings,
       approvers = excluded.approvers;

-- verdicts: what the gates said, by name
SELECT gate, ruling, reason, findings, approvers
  FROM verdict
 WHERE run = %(run)s
 ORDER BY gate;

-- wanted: whether a step of the run should go on, by its worker's lease
SELECT coalesce(bool_and(lease = %(lease)s
                         AND status IN ('planning', 'applying')
                         AND NOT EXISTS (SELECT 1 FROM run_fact
                                          WHERE run = %(run)s AND fact = 'stop_asked')), false) AS wanted
  FROM run
 WHERE id = %(run)s;

-- waiting: runs that wait for a person, those that wait longest first
SELECT id, workspace, proposer, configuration, status, message, source, plan_only, destroy,
       refresh_only, request, origin, lease, reason, plan_file, plan_json, lock_file, effect, base_state,
       tool, evidence, approvers, seal, summary, speed, numbers, on_behalf_of, replans, inputs, base,
       waiting_since, expires_at, ended, created_at
  FROM run
 WHERE status = 'policy_checked'
   AND workspace IN (SELECT w.id FROM workspace w WHERE w.organization = %(organization)s)
   AND (%(sight)s::text[] IS NULL OR workspace = ANY(%(sight)s))
   AND (%(after)s::text IS NULL
        OR (waiting_since, id) > (SELECT waiting_since, id FROM run WHERE id = %(after)s))
 ORDER BY waiting_since, id
 LIMIT %(size)s;

-- asked: how many runs wait for one person, up to `most`; `sight` are the workspaces where they may
-- approve, or all. Whose words led to a run does not answer it, unless `own`.
SELECT count(*) AS runs
  FROM (SELECT 1
          FROM run
         WHERE status = 'policy_checked'
           AND (expires_at IS NULL OR expires_at > %(now)s)
           AND workspace IN (SELECT w.id FROM workspace w WHERE w.organization = %(organization)s)
           AND (%(sight)s::text[] IS NULL OR workspace = ANY(%(sight)s))
           AND (%(own)s OR (proposer <> %(person)s AND on_behalf_of IS DISTINCT FROM %(person)s))
           AND NOT EXISTS (SELECT 1 FROM approval
                            WHERE approval.run = run.id
                              AND approval.approver = %(person)s
                              AND approval.ended_at IS NULL)
         LIMIT %(most)s) AS waiting;

-- asked_page: the same runs, those that wait longest first
SELECT id, workspace, proposer, configuration, status, message, source, plan_only, destroy,
       refresh_only, request, origin, lease, reason, plan_file, plan_json, lock_file, effect, base_state,
       tool, evidence, approvers, seal, summary, speed, numbers, on_behalf_of, replans, inputs, base,
       waiting_since, expires_at, ended, created_at
  FROM run
 WHERE status = 'policy_checked'
   AND (expires_at IS NULL OR expires_at > %(now)s)
   AND workspace IN (SELECT w.id FROM workspace w WHERE w.organization = %(organization)s)
   AND (%(sight)s::text[] IS NULL OR workspace = ANY(%(sight)s))
   AND (%(own)s OR (proposer <> %(person)s AND on_behalf_of IS DISTINCT FROM %(person)s))
   AND NOT EXISTS (SELECT 1 FROM approval
                    WHERE approval.run = run.id
                      AND approval.approver = %(person)s
                      AND approval.ended_at IS NULL)
   AND (%(after)s::text IS NULL
        OR (waiting_since, id) > (SELECT waiting_since, id FROM run WHERE id = %(after)s))
 ORDER BY waiting_since, id
 LIMIT %(most)s;

-- overdue: runs whose time is over, or the time of one of whose approvals is
SELECT id
  FROM run
 WHERE status IN ('policy_checked', 'confirmed')
   AND ((status = 'policy_checked' AND expires_at <= %(now)s)
        OR EXISTS (SELECT 1 FROM approval
                    WHERE approval.run = run.id
                      AND approval.ended_at IS NULL
                      AND approval.used_at IS NULL
                      AND approval.expires_at <= %(now)s))
 ORDER BY id;

-- at_work: a run that plans or applies in a workspace
SELECT id
  FROM run
 WHERE workspace = %(workspace)s
   AND status IN ('planning', 'applying');

-- proposals: what was proposed in a workspace and went so far as to be planned, with when it was
-- applied
SELECT run.id, proposer, on_behalf_of, message, source, origin ->> 'conversation' AS conversation,
       configuration, destroy, created_at,
       (SELECT max(at) FROM run_fact WHERE run_fact.run = run.id AND fact = 'applied') AS applied_at
  FROM run
 WHERE workspace = %(workspace)s
   AND plan_json IS NOT NULL
   AND NOT plan_only
   AND NOT refresh_only
 ORDER BY created_at, run.id;
