-- add: a new request
INSERT INTO request (id, actor, workspace, text, kind, blueprint, confidence, nearest, given, run,
                     created_at)
VALUES (%(id)s, %(actor)s, %(workspace)s, %(text)s, %(kind)s, %(blueprint)s, %(confidence)s,
        %(nearest)s::jsonb, %(given)s::jsonb, %(run)s, %(created_at)s);

-- find: one request
SELECT id, actor, workspace, text, kind, blueprint, confidence, nearest, given, run, created_at
  FROM request
 WHERE id = %(id)s;

-- lock: one request, held until the transaction ends
SELECT id, actor, workspace, text, kind, blueprint, confidence, nearest, given, run, created_at
  FROM request
 WHERE id = %(id)s
   FOR UPDATE;

-- by_run: the request that a run answers
SELECT id, actor, workspace, text, kind, blueprint, confidence, nearest, given, run, created_at
  FROM request
 WHERE run = %(run)s;

-- page: of these workspaces, newest first
SELECT id, actor, workspace, text, kind, blueprint, confidence, nearest, given, run, created_at
  FROM request
 WHERE workspace = ANY(%(sight)s)
   AND (%(before)s::text IS NULL
        OR (created_at, id) < (SELECT created_at, id FROM request WHERE id = %(before)s))
 ORDER BY created_at DESC, id DESC
 LIMIT %(size)s;

-- save: the way it takes now
UPDATE request
   SET kind = %(kind)s,
       blueprint = %(blueprint)s,
       given = %(given)s::jsonb,
       run = %(run)s
 WHERE id = %(id)s;
