-- head: the newest record, as the head says and as the log has it
SELECT seq, hash, seal, (SELECT coalesce(max(seq), 0) FROM audit) AS newest
  FROM audit_head;

-- hold: the newest record, held until the transaction ends, so that records queue up
SELECT seq, hash, seal
  FROM audit_head
   FOR UPDATE;

-- add: a record, and the head after it
WITH added AS (
    INSERT INTO audit (seq, at, organization, actor, kind, on_behalf_of, action, target, workspace,
                       outcome, reason, trace, hash)
    VALUES (%(seq)s, %(at)s, %(organization)s, %(actor)s, %(kind)s, %(on_behalf_of)s, %(action)s, %(target)s,
            %(workspace)s, %(outcome)s, %(reason)s, %(trace)s, %(hash)s)
)
UPDATE audit_head
   SET seq = %(seq)s,
       hash = %(hash)s,
       seal = %(seal)s;

-- after: records in order
SELECT seq, at, organization, actor, kind, on_behalf_of, action, target, workspace, outcome, reason, trace, hash
  FROM audit
 WHERE seq > %(after)s
 ORDER BY seq
 LIMIT %(size)s;

-- page: records, newest first
SELECT seq, at, organization, actor, kind, on_behalf_of, action, target, workspace, outcome, reason, trace, hash
  FROM audit
 WHERE (%(organization)s::text IS NULL OR organization = %(organization)s)
   AND (%(before)s::bigint IS NULL OR seq < %(before)s)
   AND (%(workspace)s::text IS NULL OR workspace = %(workspace)s)
   AND (%(target)s::text IS NULL OR target = %(target)s)
   AND (%(actor)s::text IS NULL OR actor = %(actor)s)
   AND (%(action)s::text IS NULL OR action = %(action)s)
   AND (%(outcome)s::text IS NULL OR outcome = %(outcome)s)
   AND (%(since)s::timestamptz IS NULL OR at >= %(since)s)
   AND (%(until)s::timestamptz IS NULL OR at < %(until)s)
 ORDER BY seq DESC
 LIMIT %(size)s;

-- news: the same, those after one, oldest first
SELECT seq, at, organization, actor, kind, on_behalf_of, action, target, workspace, outcome, reason, trace, hash
  FROM audit
 WHERE seq > %(after)s
   AND (%(organization)s::text IS NULL OR organization = %(organization)s)
   AND (%(workspace)s::text IS NULL OR workspace = %(workspace)s)
   AND (%(target)s::text IS NULL OR target = %(target)s)
   AND (%(actor)s::text IS NULL OR actor = %(actor)s)
   AND (%(action)s::text IS NULL OR action = %(action)s)
   AND (%(outcome)s::text IS NULL OR outcome = %(outcome)s)
 ORDER BY seq
 LIMIT %(size)s;

-- touching: records of some targets, and refusals of agents whose reason ends in one of them; with
-- the hash before each
SELECT a.seq, a.at, a.organization, a.actor, a.kind, a.on_behalf_of, a.action, a.target, a.workspace,
       a.outcome, a.reason, a.trace, a.hash, coalesce(b.hash, repeat('0', 64)) AS before
  FROM audit a
  LEFT JOIN audit b ON b.seq = a.seq - 1
 WHERE a.organization = %(organization)s
   AND (a.target = ANY(%(targets)s::text[])
        OR (a.actor = ANY(%(actors)s::text[])
            AND a.outcome = 'denied'
            AND substring(a.reason from '[(]([a-z]+-[A-Za-z0-9]+)[)]$') = ANY(%(targets)s::text[])))
 ORDER BY a.seq;

-- keys: what signs, the newest first
SELECT id, public, sealed, created_at
  FROM signing_key
 ORDER BY created_at DESC, id;

-- add_key: one more that signs
INSERT INTO signing_key (id, public, sealed, created_at)
VALUES (%(id)s, %(public)s, %(sealed)s, %(created_at)s);

-- hold_keys: nobody else makes one meanwhile
SELECT pg_advisory_xact_lock(hashtextextended('signing key', 0));
