-- put: content under its digest, unless it is there
INSERT INTO blob (digest, size, sealed)
VALUES (%(digest)s, %(size)s, %(sealed)s)
    ON CONFLICT (digest) DO NOTHING;

-- has: whether the content is there
SELECT digest
  FROM blob
 WHERE digest = %(digest)s;

-- get: the sealed content
SELECT sealed
  FROM blob
 WHERE digest = %(digest)s;

-- size: how large the plain content is, in bytes
SELECT size
  FROM blob
 WHERE digest = %(digest)s;

-- keys: which keys have sealed here, oldest first
SELECT key_id
  FROM keyring
 ORDER BY created_at, key_id;

-- note: that a key seals here
INSERT INTO keyring (key_id)
VALUES (%(key_id)s)
    ON CONFLICT (key_id) DO NOTHING;

-- alone: one process at a time decides whose key seals here
SELECT pg_advisory_xact_lock(1801812334);
