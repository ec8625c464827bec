-- add: a person, unless there is one of that id
INSERT INTO person (id, name, email, created_at)
VALUES (%(id)s, %(name)s, %(email)s, %(created_at)s)
    ON CONFLICT DO NOTHING;

-- find: a person
SELECT id, name, email, created_at, disabled_at
  FROM person
 WHERE id = %(id)s;

-- lock: a person, held until the transaction ends
SELECT id, name, email, created_at, disabled_at
  FROM person
 WHERE id = %(id)s
   FOR UPDATE;

-- page: who has a role in an organization, by id; or also who has none anywhere
SELECT id, name, email, created_at, disabled_at
  FROM person
 WHERE (EXISTS (SELECT 1 FROM role_grant g
                 WHERE g.holder = person.id AND g.organization = %(organization)s)
        OR %(homeless)s AND NOT EXISTS (SELECT 1 FROM role_grant g WHERE g.holder = person.id))
   AND (%(after)s::text IS NULL OR id > %(after)s)
 ORDER BY id
 LIMIT %(size)s;

-- save: what may change of a person
UPDATE person
   SET name = %(name)s,
       email = %(email)s,
       disabled_at = %(disabled_at)s
 WHERE id = %(id)s;

-- anybody: whether there is a person at all, but for those that the server's owner was
SELECT EXISTS (SELECT 1
                 FROM person p
                WHERE NOT EXISTS (SELECT 1 FROM role_grant g
                                   WHERE g.holder = p.id AND g.source = 'owner')) AS anybody;

-- disown: what somebody has only because the server's owner was called so
DELETE FROM role_grant
 WHERE holder = %(holder)s
   AND source = 'owner';

-- administrator: the first who runs an organization
SELECT person.id
  FROM role_grant g
  JOIN person ON person.id = g.holder
 WHERE g.organization = %(organization)s
   AND g.project IS NULL
   AND g.workspace IS NULL
   AND g.role = 'administrator'
   AND person.disabled_at IS NULL
 ORDER BY g.given_at, person.id
 LIMIT 1;

-- present: whether somebody has a role in an organization, and may come in
SELECT EXISTS (SELECT 1
                 FROM person p
                 JOIN role_grant g ON g.holder = p.id
                WHERE p.id = %(id)s
                  AND p.disabled_at IS NULL
                  AND g.organization = %(organization)s) AS present;

-- grants: what somebody was given, everywhere
SELECT holder, organization, project, workspace, role, source, given_by, given_at
  FROM role_grant
 WHERE holder = %(holder)s
 ORDER BY organization, project, workspace, role;

-- granted: what was given in an organization
SELECT holder, organization, project, workspace, role, source, given_by, given_at
  FROM role_grant
 WHERE organization = %(organization)s
   AND (%(holder)s::text IS NULL OR holder = %(holder)s)
   AND (%(workspace)s::text IS NULL OR workspace = %(workspace)s)
 ORDER BY holder, project NULLS FIRST, workspace NULLS FIRST;

-- give: a role in a place, in place of what was given there before
INSERT INTO role_grant (holder, organization, project, workspace, role, source, given_by, given_at)
VALUES (%(holder)s, %(organization)s, %(project)s, %(workspace)s, %(role)s, %(source)s,
        %(given_by)s, %(given_at)s)
    ON CONFLICT (holder, organization, project, workspace, source) DO UPDATE
   SET role = excluded.role,
       given_by = excluded.given_by,
       given_at = excluded.given_at;

-- held: a role in a place, if there is one
SELECT role
  FROM role_grant
 WHERE holder = %(holder)s
   AND organization = %(organization)s
   AND project IS NOT DISTINCT FROM %(project)s
   AND workspace IS NOT DISTINCT FROM %(workspace)s
   AND source = %(source)s;

-- take: a role in a place, back
DELETE FROM role_grant
 WHERE holder = %(holder)s
   AND organization = %(organization)s
   AND project IS NOT DISTINCT FROM %(project)s
   AND workspace IS NOT DISTINCT FROM %(workspace)s
   AND source = %(source)s;

-- administrators: how many living people run an organization
SELECT count(DISTINCT person.id) AS people
  FROM role_grant g
  JOIN person ON person.id = g.holder
 WHERE g.organization = %(organization)s
   AND g.project IS NULL
   AND g.workspace IS NULL
   AND g.role = 'administrator'
   AND g.source <> 'owner'
   AND person.disabled_at IS NULL;

-- add_token: a new API token
INSERT INTO api_token (id, person, organization, name, hash, role, workspace, created_at, expires_at)
VALUES (%(id)s, %(person)s, %(organization)s, %(name)s, %(hash)s, %(role)s, %(workspace)s,
        %(created_at)s, %(expires_at)s);

-- token: the one of that hash, with the project of its workspace and whether its person may come in
SELECT t.id, t.person, t.organization, t.name, t.role, t.workspace, t.created_at, t.expires_at,
       t.last_used_at, t.revoked_at, w.project, p.disabled_at
  FROM api_token t
  JOIN person p ON p.id = t.person
  LEFT JOIN workspace w ON w.id = t.workspace
 WHERE t.hash = %(hash)s;

-- used: when a token was used last, told about once a minute
UPDATE api_token
   SET last_used_at = %(at)s
 WHERE id = %(id)s
   AND (last_used_at IS NULL OR last_used_at < %(at)s::timestamptz - interval '1 minute');

-- tokens: of a person, newest first
SELECT id, person, organization, name, role, workspace, created_at, expires_at, last_used_at,
       revoked_at
  FROM api_token
 WHERE person = %(person)s
 ORDER BY created_at DESC, id;

-- one_token: by id
SELECT id, person, organization, name, role, workspace, created_at, expires_at, last_used_at,
       revoked_at
  FROM api_token
 WHERE id = %(id)s;

-- revoke: a token, for ever
UPDATE api_token
   SET revoked_at = %(at)s
 WHERE id = %(id)s
   AND revoked_at IS NULL;

-- revoke_all: every token of a person, for ever
UPDATE api_token
   SET revoked_at = %(at)s
 WHERE person = %(person)s
   AND revoked_at IS NULL;
