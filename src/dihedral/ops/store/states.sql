-- add: a new state version, which is the current one from now on
INSERT INTO state_version (id, workspace, lineage, serial, content, resources, run, actor, note,
                           created_at)
VALUES (%(id)s, %(workspace)s, %(lineage)s, %(serial)s, %(content)s, %(resources)s, %(run)s,
        %(actor)s, %(note)s, %(created_at)s);

-- current: the newest of a workspace
SELECT id, workspace, lineage, serial, content, resources, run, actor, note, created_at
  FROM state_version
 WHERE workspace = %(workspace)s
 ORDER BY seq DESC
 LIMIT 1;

-- find: one state version
SELECT id, workspace, lineage, serial, content, resources, run, actor, note, created_at
  FROM state_version
 WHERE id = %(id)s;

-- page: newest first
SELECT id, workspace, lineage, serial, content, resources, run, actor, note, created_at
  FROM state_version
 WHERE workspace = %(workspace)s
   AND (%(before)s::text IS NULL
        OR seq < (SELECT seq FROM state_version WHERE id = %(before)s))
 ORDER BY seq DESC
 LIMIT %(size)s;

-- before: the one before it in its workspace
SELECT id, workspace, lineage, serial, content, resources, run, actor, note, created_at
  FROM state_version
 WHERE workspace = %(workspace)s
   AND seq < (SELECT seq FROM state_version WHERE id = %(id)s)
 ORDER BY seq DESC
 LIMIT 1;

-- by_run: those that one run made, oldest first
SELECT id, workspace, lineage, serial, content, resources, run, actor, note, created_at
  FROM state_version
 WHERE run = %(run)s
 ORDER BY seq;
