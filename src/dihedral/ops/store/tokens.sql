-- keys: all that are there, oldest first
SELECT id, alg, public, created_at, signs_from, retires_at
  FROM token_key
 ORDER BY signs_from, id;

-- sealed: the private half of one
SELECT sealed
  FROM token_key
 WHERE id = %(id)s;

-- hold_keys: nobody else makes one meanwhile
SELECT pg_advisory_xact_lock(hashtextextended('token key', 0));

-- retire: a successor is there
UPDATE token_key
   SET retires_at = %(at)s
 WHERE alg = %(alg)s AND retires_at IS NULL;

-- add_key: one more that signs
INSERT INTO token_key (id, alg, public, sealed, created_at, signs_from)
VALUES (%(id)s, %(alg)s, %(public)s, %(sealed)s, %(created_at)s, %(signs_from)s);

-- withdraw: none of these counts any more
DELETE FROM token_key
 WHERE alg = %(alg)s;

-- forget_keys: what is no longer published
DELETE FROM token_key
 WHERE retires_at <= %(now)s;

-- revoke: all of that name that were issued until now
INSERT INTO token_revoked (what, since, until)
VALUES (%(what)s, %(since)s, %(until)s)
ON CONFLICT (what) DO UPDATE
   SET since = greatest(token_revoked.since, excluded.since),
       until = greatest(token_revoked.until, excluded.until);

-- revoked: whether a token of these names was taken back
SELECT what
  FROM token_revoked
 WHERE what = ANY(%(names)s) AND since >= %(issued_at)s
 LIMIT 1;

-- forget_revoked: what has expired by itself
DELETE FROM token_revoked
 WHERE until <= %(now)s;
