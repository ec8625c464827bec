-- add: a new session
INSERT INTO session (id, person, organization, how, agent, address, hash, rotated_at, created_at,
                     seen_at, expires_at)
VALUES (%(id)s, %(person)s, %(organization)s, %(how)s, %(agent)s, %(address)s, %(hash)s,
        %(rotated_at)s, %(created_at)s, %(seen_at)s, %(expires_at)s);

-- presented: the session of a secret, of its successor or of its predecessor
SELECT s.id, s.person, s.organization, s.how, s.agent, s.address, s.rotated_at, s.created_at,
       s.seen_at, s.expires_at, s.revoked_at, s.next_at,
       s.next_hash IS NOT DISTINCT FROM %(hash)s::bytea AS is_next,
       s.former_hash IS NOT DISTINCT FROM %(hash)s::bytea AS is_former,
       p.disabled_at IS NOT NULL AS disabled
  FROM session s
  JOIN person p ON p.id = s.person
 WHERE %(hash)s::bytea IN (s.hash, s.next_hash, s.former_hash);

-- seen: when a session was used last, told about once a minute
UPDATE session
   SET seen_at = %(at)s
 WHERE id = %(id)s
   AND seen_at < %(at)s::timestamptz - interval '1 minute';

-- prepare: a successor of the secret; it counts from its first use on
UPDATE session
   SET next_hash = %(hash)s,
       next_at = %(at)s
 WHERE id = %(id)s
   AND (next_at IS NULL OR next_at < %(at)s::timestamptz - interval '1 minute');

-- rotate: the successor in the place of the secret
UPDATE session
   SET former_hash = hash,
       hash = next_hash,
       next_hash = NULL,
       next_at = NULL,
       rotated_at = %(at)s
 WHERE id = %(id)s
   AND next_hash = %(hash)s;

-- move: the organization in which it acts from now on
UPDATE session
   SET organization = %(organization)s
 WHERE id = %(id)s;

-- find: by id
SELECT id, person, organization, how, agent, address, rotated_at, created_at, seen_at, expires_at,
       revoked_at
  FROM session
 WHERE id = %(id)s;

-- living: of a person, newest first
SELECT id, person, organization, how, agent, address, rotated_at, created_at, seen_at, expires_at,
       revoked_at
  FROM session
 WHERE person = %(person)s
   AND revoked_at IS NULL
   AND expires_at > %(at)s
   AND seen_at > %(idle)s
 ORDER BY created_at DESC, id;

-- revoke: one, for ever
UPDATE session
   SET revoked_at = %(at)s
 WHERE id = %(id)s
   AND revoked_at IS NULL;

-- revoke_all: of a person, for ever, but one
UPDATE session
   SET revoked_at = %(at)s
 WHERE person = %(person)s
   AND revoked_at IS NULL
   AND (%(but)s::text IS NULL OR id <> %(but)s);

-- forget: what has been over for a month
DELETE FROM session
 WHERE expires_at < %(at)s::timestamptz - interval '30 days';
