-- organizations: all, by name
SELECT id, name, created_at
  FROM organization
 ORDER BY name;

-- add_organization: a new one
INSERT INTO organization (id, name, created_at)
VALUES (%(id)s, %(name)s, %(created_at)s)
    ON CONFLICT (name) DO NOTHING;

-- organization: by name or id
SELECT id, name, created_at
  FROM organization
 WHERE id = %(key)s
    OR name = %(key)s;

-- hold: an organization, while its administrators change
SELECT id
  FROM organization
 WHERE id = %(id)s
   FOR UPDATE;

-- page: of an organization, by name
SELECT id, organization, name, description, created_at
  FROM project
 WHERE organization = %(organization)s
 ORDER BY name;

-- find: by name or id
SELECT id
  FROM project
 WHERE organization = %(organization)s
   AND (id = %(key)s OR name = %(key)s);

-- add: a new one
INSERT INTO project (id, organization, name, description, created_at)
VALUES (%(id)s, %(organization)s, %(name)s, %(description)s, %(created_at)s)
    ON CONFLICT (organization, name) DO NOTHING;

-- called: the name of an organization
SELECT name
  FROM organization
 WHERE id = %(organization)s;
