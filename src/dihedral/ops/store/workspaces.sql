-- add: a new workspace
INSERT INTO workspace (id, organization, project, name, description, tool, tool_version,
                       working_directory, simulated, auto_apply, apply_limit, terms, created_at)
VALUES (%(id)s, %(organization)s, %(project)s, %(name)s, %(description)s, %(tool)s,
        %(tool_version)s, %(working_directory)s, %(simulated)s, %(auto_apply)s, %(apply_limit)s,
        %(terms)s, %(created_at)s)
ON CONFLICT (organization, name) DO NOTHING;

-- find: by id, or by name in an organization
SELECT id, organization, project, name, description, tool, tool_version, working_directory,
       simulated, auto_apply, apply_limit, terms, lock_kind, locked_by, lock_reason, locked_at, created_at
  FROM workspace
 WHERE (id = %(key)s OR name = %(key)s)
   AND (organization = %(organization)s OR (%(organization)s::text IS NULL AND id = %(key)s));

-- lock: the same, held until the transaction ends
SELECT id, organization, project, name, description, tool, tool_version, working_directory,
       simulated, auto_apply, apply_limit, terms, lock_kind, locked_by, lock_reason, locked_at, created_at
  FROM workspace
 WHERE (id = %(key)s OR name = %(key)s)
   AND (organization = %(organization)s OR (%(organization)s::text IS NULL AND id = %(key)s))
   FOR UPDATE;

-- page: of an organization, by name; `sight` are those that may be seen, or all
SELECT id, organization, project, name, description, tool, tool_version, working_directory,
       simulated, auto_apply, apply_limit, terms, lock_kind, locked_by, lock_reason, locked_at, created_at
  FROM workspace
 WHERE organization = %(organization)s
   AND (%(sight)s::text[] IS NULL OR id = ANY(%(sight)s))
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
