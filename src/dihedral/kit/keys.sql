-- seals: the key that seals until this transaction ends, and how many keys have ended
SELECT sealing_key() AS key_id,
       (SELECT count(*) FROM keyring WHERE ended_at IS NOT NULL) AS ended;

-- open: every key that opens content, with what opens it; nothing for the master key itself
SELECT k.key_id, k.kind, w.master, w.sealed
  FROM keyring AS k
  LEFT JOIN key_wrap AS w ON w.data_key = k.key_id
 WHERE k.ended_at IS NULL
 ORDER BY k.created_at, k.key_id;

-- masters: the master keys that may open the data keys, the newest last
SELECT key_id
  FROM keyring
 WHERE kind = 'master'
 ORDER BY created_at, key_id;

-- alone: one process at a time decides whose key seals here
SELECT pg_advisory_xact_lock(1801812334);

-- patience: how long a lock is waited for
SELECT set_config('lock_timeout', '1s', true);

-- nobody_seals: nobody seals until this transaction ends
SELECT pg_advisory_xact_lock(1801812335);

-- note: a master key, which seals nothing itself; one that was known before stays as it was
INSERT INTO keyring (key_id, kind, created_at, retired_at, ended_at)
VALUES (%(key_id)s, 'master', clock_timestamp(), clock_timestamp(), clock_timestamp())
    ON CONFLICT (key_id) DO NOTHING;

-- add: a data key that seals from now on, unless there is one
INSERT INTO keyring (key_id, kind, created_at)
VALUES (%(key_id)s, 'data', clock_timestamp())
    ON CONFLICT (kind) WHERE kind = 'data' AND retired_at IS NULL DO NOTHING;

-- wrap: a data key, as a master key seals it
INSERT INTO key_wrap (data_key, master, sealed)
VALUES (%(data_key)s, %(master)s, %(sealed)s)
    ON CONFLICT (data_key, master) DO NOTHING;

-- retire: every key that seals
UPDATE keyring
   SET retired_at = clock_timestamp()
 WHERE retired_at IS NULL;

-- leaving: keys that seal no more and may have sealed something that is left
SELECT key_id
  FROM keyring
 WHERE retired_at IS NOT NULL
   AND ended_at IS NULL
 ORDER BY created_at, key_id;

-- unwrap: forget data keys
DELETE FROM key_wrap
 WHERE data_key = ANY (%(keys)s::text[]);

-- end: these keys open nothing any more
UPDATE keyring
   SET ended_at = clock_timestamp()
 WHERE key_id = ANY (%(keys)s::text[]);

-- prove: forget what other master keys than this one sealed
DELETE FROM key_wrap
 WHERE master <> %(master)s;

-- drop_masters: other master keys than this one
DELETE FROM keyring
 WHERE kind = 'master'
   AND key_id <> %(master)s;

-- all: every key that ever was, newest first
SELECT key_id, kind, created_at, retired_at, ended_at
  FROM keyring
 ORDER BY created_at DESC, key_id;
