-- hold: one writer of these files at a time
SELECT pg_advisory_xact_lock(hashtextextended(%(name)s::text, 0));

-- newest: the last version of a conversation's files for a workspace
SELECT conversation, workspace, number, base, files
  FROM draft
 WHERE conversation = %(conversation)s
   AND workspace = %(workspace)s
 ORDER BY number DESC
 LIMIT 1;

-- by_key: the version that a call wrote
SELECT conversation, workspace, number, base, files
  FROM draft
 WHERE key = %(key)s;

-- add: a new version
INSERT INTO draft (conversation, workspace, number, key, turn, base, files, written_by, written_at)
VALUES (%(conversation)s, %(workspace)s, %(number)s, %(key)s, %(turn)s, %(base)s, %(files)s,
        %(written_by)s, %(written_at)s);

-- tried: what came of a version; the same call again is nothing new
INSERT INTO draft_try (key, conversation, workspace, number, turn, kind, passed, said, run, at)
VALUES (%(key)s, %(conversation)s, %(workspace)s, %(number)s, %(turn)s, %(kind)s, %(passed)s,
        %(said)s, %(run)s, %(at)s)
    ON CONFLICT (key) DO NOTHING;

-- failures: tries of a turn that did not pass, but for one call that is made again
SELECT count(*) AS failures
  FROM draft_try
 WHERE conversation = %(conversation)s
   AND turn = %(turn)s
   AND key <> %(key)s
   AND NOT passed;

-- tries: what came of all versions, in order
SELECT key, number, turn, kind, passed, said, run, at
  FROM draft_try
 WHERE conversation = %(conversation)s
   AND workspace = %(workspace)s
 ORDER BY at, number;
