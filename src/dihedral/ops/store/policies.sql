-- put: where a set holds, new or changed
INSERT INTO policy_set (organization, name, scope, project, workspace)
VALUES (%(organization)s, %(name)s, %(scope)s, %(project)s, %(workspace)s)
ON CONFLICT (organization, name) DO UPDATE
   SET scope = excluded.scope,
       project = excluded.project,
       workspace = excluded.workspace;

-- add: a version of a set's files
INSERT INTO policy_set_version (organization, policy_set, version, content, source, revision,
                                description, level, policies, actor, at)
VALUES (%(organization)s, %(name)s, %(version)s, %(content)s, %(source)s, %(revision)s,
        %(description)s, %(level)s, %(policies)s, %(actor)s, %(at)s);

-- newest: every set of an organization with its newest version, by name, or one of them
SELECT s.organization, s.name, s.scope, s.project, s.workspace, v.version, v.content, v.source, v.revision, v.description,
       v.level, v.policies, v.actor, v.at
  FROM policy_set s
  JOIN LATERAL (SELECT version, content, source, revision, description, level, policies, actor, at
                  FROM policy_set_version
                 WHERE organization = s.organization AND policy_set = s.name
                 ORDER BY seq DESC
                 LIMIT 1) v ON true
 WHERE s.organization = %(organization)s
   AND (%(name)s::text IS NULL OR s.name = %(name)s)
 ORDER BY s.name;

-- holding: sets that hold in a workspace, newest version of each; `names` are chosen by its terms
SELECT s.organization, s.name, s.scope, s.project, s.workspace, v.version, v.content, v.source, v.revision, v.description,
       v.level, v.policies, v.actor, v.at
  FROM policy_set s
  JOIN LATERAL (SELECT version, content, source, revision, description, level, policies, actor, at
                  FROM policy_set_version
                 WHERE organization = s.organization AND policy_set = s.name
                 ORDER BY seq DESC
                 LIMIT 1) v ON true
 WHERE s.organization = %(organization)s
   AND (s.scope = 'global' OR s.project = %(project)s OR s.workspace = %(workspace)s
        OR s.name = ANY(%(names)s))
 ORDER BY s.name;

-- versions: of a set, newest first
SELECT version, source, revision, actor, at
  FROM policy_set_version
 WHERE organization = %(organization)s AND policy_set = %(name)s
 ORDER BY seq DESC
 LIMIT 50;

-- drop: a set with all its versions
DELETE FROM policy_set
 WHERE organization = %(organization)s AND name = %(name)s;

-- move: where a set holds from now on
UPDATE policy_set
   SET scope = %(scope)s,
       project = %(project)s,
       workspace = %(workspace)s
 WHERE organization = %(organization)s AND name = %(name)s;

-- judged: of the newest runs that may be seen, those that a set was asked about, newest first, with
-- what all sets came to and who said yes where that asked
SELECT r.id AS run, w.name AS workspace, r.status, r.ended, r.version, v.ruling, v.reason, r.created_at AS at,
       ARRAY(SELECT a.approver
               FROM approval a
              WHERE a.run = r.id AND a.ended_at IS NULL AND 'policy' = ANY (a.overrides)
              ORDER BY a.at) AS overridden
  FROM (SELECT id, workspace, status, ended, created_at, numbers -> 'policies' ->> %(name)s AS version
          FROM run
         WHERE workspace IN (SELECT w.id FROM workspace w WHERE w.organization = %(organization)s)
           AND (%(sight)s::text[] IS NULL OR workspace = ANY(%(sight)s))
         ORDER BY created_at DESC, id DESC
         LIMIT 200) r
  JOIN workspace w ON w.id = r.workspace
  JOIN verdict v ON v.run = r.id AND v.gate = 'policy'
 WHERE r.version IS NOT NULL
 ORDER BY r.created_at DESC, r.id DESC
 LIMIT %(size)s;

-- hold: of one that is to be set anew, so that two who set it queue up
SELECT name
  FROM policy_set
 WHERE organization = %(organization)s AND name = %(name)s
   FOR UPDATE;
