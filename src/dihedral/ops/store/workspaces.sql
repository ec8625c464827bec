-- add: a new workspace
INSERT INTO workspace (id, organization, project, name, description, owner, tool, tool_version,
                       working_directory, simulated, auto_apply, apply_limit, terms, created_at)
VALUES (%(id)s, %(organization)s, %(project)s, %(name)s, %(description)s, %(owner)s, %(tool)s,
        %(tool_version)s, %(working_directory)s, %(simulated)s, %(auto_apply)s, %(apply_limit)s,
        %(terms)s, %(created_at)s)
ON CONFLICT (organization, name) DO NOTHING;

-- find: by id, or by name in an organization
SELECT id, organization, project, name, description, owner, tool, tool_version,
       working_directory, simulated, auto_apply, apply_limit, terms, lock_kind, locked_by,
       lock_reason, locked_at, created_at
  FROM workspace
 WHERE (id = %(key)s OR name = %(key)s)
   AND (organization = %(organization)s OR (%(organization)s::text IS NULL AND id = %(key)s));

-- lock: the same, held until the transaction ends
SELECT id, organization, project, name, description, owner, tool, tool_version,
       working_directory, simulated, auto_apply, apply_limit, terms, lock_kind, locked_by,
       lock_reason, locked_at, created_at
  FROM workspace
 WHERE (id = %(key)s OR name = %(key)s)
   AND (organization = %(organization)s OR (%(organization)s::text IS NULL AND id = %(key)s))
   FOR UPDATE;

-- page: of an organization, by name; `sight` are those that may be seen, or all; of an owner, or all
SELECT id, organization, project, name, description, owner, tool, tool_version,
       working_directory, simulated, auto_apply, apply_limit, terms, lock_kind, locked_by,
       lock_reason, locked_at, created_at
  FROM workspace
 WHERE organization = %(organization)s
   AND (%(sight)s::text[] IS NULL OR id = ANY(%(sight)s))
   AND (%(owner)s::text IS NULL OR owner = %(owner)s)
   AND (%(after)s::text IS NULL OR name > %(after)s)
 ORDER BY name
 LIMIT %(size)s;

-- names: of an organization; `sight` are those that may be seen, or all
SELECT name
  FROM workspace
 WHERE organization = %(organization)s
   AND (%(sight)s::text[] IS NULL OR id = ANY(%(sight)s))
 ORDER BY name;

-- save: settings and lock
UPDATE workspace
   SET name = %(name)s,
       description = %(description)s,
       owner = %(owner)s,
       tool = %(tool)s,
       tool_version = %(tool_version)s,
       working_directory = %(working_directory)s,
       simulated = %(simulated)s,
       auto_apply = %(auto_apply)s,
       apply_limit = %(apply_limit)s,
       terms = %(terms)s,
       lock_kind = %(lock_kind)s,
       locked_by = %(locked_by)s,
       lock_reason = %(lock_reason)s,
       locked_at = %(locked_at)s
 WHERE id = %(id)s;

-- drop: a workspace with all that belongs to it
DELETE FROM workspace
 WHERE id = %(id)s;

-- set: a variable, new or changed
INSERT INTO variable (id, workspace, key, category, hcl, sensitive, description, sealed)
VALUES (%(id)s, %(workspace)s, %(key)s, %(category)s, %(hcl)s, %(sensitive)s, %(description)s,
        %(sealed)s)
ON CONFLICT (workspace, category, key) DO UPDATE
   SET hcl = excluded.hcl,
       sensitive = excluded.sensitive,
       description = excluded.description,
       sealed = excluded.sealed
RETURNING id;

-- unset: a variable
DELETE FROM variable
 WHERE workspace = %(workspace)s AND category = %(category)s AND key = %(key)s;

-- variables: of a workspace, by name
SELECT id, workspace, key, category, hcl, sensitive, description, sealed
  FROM variable
 WHERE workspace = %(workspace)s
 ORDER BY category, key;

-- places: where each workspace of an organization is
SELECT id, project
  FROM workspace
 WHERE organization = %(organization)s
 ORDER BY id;

-- health: of some workspaces: what is there now, the newest run, what the last applied one came to
-- a month, when somebody last looked for drift, and whether the owner is here
SELECT w.id,
       coalesce(s.resources, 0) AS resources,
       r.id AS run, r.status AS run_status, r.ended AS run_ended, r.created_at AS run_at,
       a.numbers -> 'cost' ->> 'after' AS monthly,
       a.numbers -> 'cost' ->> 'currency' AS currency,
       coalesce(jsonb_array_length(a.numbers -> 'cost' -> 'unpriced'), 0) AS unpriced,
       d.created_at AS drift_at,
       (d.summary ->> 'drifted')::integer AS drifted,
       w.owner <> '' AND NOT EXISTS (
           SELECT 1
             FROM person p
            WHERE p.id = w.owner
              AND (p.disabled_at IS NOT NULL
                   OR NOT EXISTS (SELECT 1
                                    FROM role_grant g
                                   WHERE g.holder = p.id AND g.organization = w.organization))
       ) AS owned
  FROM workspace w
  LEFT JOIN LATERAL (SELECT resources FROM state_version
                      WHERE workspace = w.id ORDER BY seq DESC LIMIT 1) s ON true
  LEFT JOIN LATERAL (SELECT id, status, ended, created_at FROM run
                      WHERE workspace = w.id ORDER BY created_at DESC, id DESC LIMIT 1) r ON true
  LEFT JOIN LATERAL (SELECT numbers FROM run
                      WHERE workspace = w.id AND status = 'applied'
                      ORDER BY created_at DESC, id DESC LIMIT 1) a ON true
  LEFT JOIN LATERAL (SELECT created_at, summary FROM run
                      WHERE workspace = w.id AND summary ? 'drifted'
                      ORDER BY created_at DESC, id DESC LIMIT 1) d ON true
 WHERE w.id = ANY(%(ids)s);
