-- password: of a living or a disabled person
SELECT hash
  FROM password
 WHERE person = %(person)s;

-- set_password: in place of the one before
INSERT INTO password (person, hash, changed_at)
VALUES (%(person)s, %(hash)s, %(at)s)
    ON CONFLICT (person) DO UPDATE
   SET hash = excluded.hash,
       changed_at = excluded.changed_at;

-- open: a count of each key, so that there is one to hold
INSERT INTO login_failure (key, failures, last_at)
SELECT key, 0, %(at)s
  FROM unnest(%(keys)s::bytea[]) AS key
 ORDER BY key
    ON CONFLICT (key) DO NOTHING;

-- failures: of each key, held until the transaction ends
SELECT key, CASE WHEN last_at < %(forgotten)s THEN 0 ELSE failures END AS failures, last_at
  FROM login_failure
 WHERE key = ANY(%(keys)s)
 ORDER BY key
   FOR UPDATE;

-- count: one more failure of each key
UPDATE login_failure
   SET failures = CASE WHEN last_at < %(forgotten)s THEN 1 ELSE failures + 1 END,
       last_at = %(at)s
 WHERE key = ANY(%(keys)s);

-- clear: after a login
DELETE FROM login_failure
 WHERE key = %(key)s;

-- uncount: a failure of a key that was none
UPDATE login_failure
   SET failures = failures - 1
 WHERE key = %(key)s
   AND failures > 0;

-- forget: failures that nobody waits for any more
DELETE FROM login_failure
 WHERE last_at < %(forgotten)s;

-- identity: who somebody of a provider is here
SELECT person
  FROM identity
 WHERE issuer = %(issuer)s
   AND subject = %(subject)s;

-- bind: somebody of a provider to a person, for ever
INSERT INTO identity (issuer, subject, person, bound_at)
VALUES (%(issuer)s, %(subject)s, %(person)s, %(at)s);

-- invite: a link, in place of the one before
INSERT INTO invitation (hash, person, made_by, made_at, expires_at)
VALUES (%(hash)s, %(person)s, %(made_by)s, %(made_at)s, %(expires_at)s)
    ON CONFLICT (person) DO UPDATE
   SET hash = excluded.hash,
       made_by = excluded.made_by,
       made_at = excluded.made_at,
       expires_at = excluded.expires_at;

-- invitation: whose a link is, held until the transaction ends
SELECT person, expires_at
  FROM invitation
 WHERE hash = %(hash)s
   FOR UPDATE;

-- used: a link is gone after its use
DELETE FROM invitation
 WHERE hash = %(hash)s;

-- uninvite: a person's link
DELETE FROM invitation
 WHERE person = %(person)s;

-- add_code: what a browser hands to a command
INSERT INTO login_code (hash, person, organization, challenge, role, name, expires_at)
VALUES (%(hash)s, %(person)s, %(organization)s, %(challenge)s, %(role)s, %(name)s, %(expires_at)s);

-- take_code: once
DELETE FROM login_code
 WHERE hash = %(hash)s
RETURNING person, organization, challenge, role, name, expires_at;

-- old_codes: that nobody came for
DELETE FROM login_code
 WHERE expires_at < %(at)s;
