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
