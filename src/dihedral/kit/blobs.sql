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
