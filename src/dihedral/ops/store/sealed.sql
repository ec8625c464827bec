-- signing_key: some that these keys sealed, held; whoever has one is not waited for
SELECT id, sealed
  FROM signing_key
 WHERE sealed_by(sealed) = ANY (%(keys)s::text[])
   AND id <> ALL (%(but)s::text[])
 LIMIT %(size)s
   FOR NO KEY UPDATE SKIP LOCKED;

-- move_signing_key: sealed anew
UPDATE signing_key
   SET sealed = %(sealed)s
 WHERE id = %(id)s;

-- token_key: as above
SELECT id, sealed
  FROM token_key
 WHERE sealed_by(sealed) = ANY (%(keys)s::text[])
   AND id <> ALL (%(but)s::text[])
 LIMIT %(size)s
   FOR NO KEY UPDATE SKIP LOCKED;

-- move_token_key: sealed anew
UPDATE token_key
   SET sealed = %(sealed)s
 WHERE id = %(id)s;

-- variable: as above
SELECT id, workspace, category, key, sealed
  FROM variable
 WHERE sealed_by(sealed) = ANY (%(keys)s::text[])
   AND id <> ALL (%(but)s::text[])
 LIMIT %(size)s
   FOR NO KEY UPDATE SKIP LOCKED;

-- move_variable: sealed anew
UPDATE variable
   SET sealed = %(sealed)s
 WHERE id = %(id)s;

-- endpoint: as above
SELECT id, wire, url, sealed
  FROM endpoint
 WHERE sealed_by(sealed) = ANY (%(keys)s::text[])
   AND id <> ALL (%(but)s::text[])
 LIMIT %(size)s
   FOR NO KEY UPDATE SKIP LOCKED;

-- move_endpoint: sealed anew
UPDATE endpoint
   SET sealed = %(sealed)s
 WHERE id = %(id)s;

-- blob: as above
SELECT digest AS id, sealed
  FROM blob
 WHERE sealed_by(sealed) = ANY (%(keys)s::text[])
   AND digest <> ALL (%(but)s::text[])
 LIMIT %(size)s
   FOR NO KEY UPDATE SKIP LOCKED;

-- move_blob: sealed anew
UPDATE blob
   SET sealed = %(sealed)s
 WHERE digest = %(id)s;

-- conversation_piece: as above
SELECT conversation || ' ' || seq AS id, conversation, sealed
  FROM conversation_piece
 WHERE sealed_by(sealed) = ANY (%(keys)s::text[])
   AND conversation || ' ' || seq <> ALL (%(but)s::text[])
 LIMIT %(size)s
   FOR NO KEY UPDATE SKIP LOCKED;

-- move_conversation_piece: sealed anew
UPDATE conversation_piece
   SET sealed = %(sealed)s
 WHERE conversation = split_part(%(id)s, ' ', 1) AND seq = split_part(%(id)s, ' ', 2)::integer;

-- run_log: as above
SELECT run || ' ' || seq AS id, run, sealed
  FROM run_log
 WHERE sealed_by(sealed) = ANY (%(keys)s::text[])
   AND run || ' ' || seq <> ALL (%(but)s::text[])
 LIMIT %(size)s
   FOR NO KEY UPDATE SKIP LOCKED;

-- move_run_log: sealed anew
UPDATE run_log
   SET sealed = %(sealed)s
 WHERE run = split_part(%(id)s, ' ', 1)
   AND seq = split_part(%(id)s, ' ', 2)::integer;

-- run: as above, and those whose digest of the variables is made with such a key
SELECT id
  FROM run
 WHERE sealed_by(seal) = ANY (%(keys)s::text[])
    OR keyed_by(inputs) = ANY (%(keys)s::text[])
 LIMIT %(size)s
   FOR NO KEY UPDATE SKIP LOCKED;

-- move_run: sealed anew
UPDATE run
   SET seal = %(seal)s,
       inputs = %(inputs)s
 WHERE id = %(id)s;

-- approval: runs whose approvals are so; held
SELECT id
  FROM run
 WHERE id IN (SELECT run
                FROM approval
               WHERE sealed_by(seal) = ANY (%(keys)s::text[])
                  OR keyed_by(inputs) = ANY (%(keys)s::text[])
               LIMIT %(size)s)
   FOR NO KEY UPDATE SKIP LOCKED;

-- move_approval: sealed anew
UPDATE approval
   SET seal = %(seal)s,
       inputs = %(inputs)s
 WHERE id = %(id)s;

-- audit_head: as above
SELECT seq, hash, seal
  FROM audit_head
 WHERE sealed_by(seal) = ANY (%(keys)s::text[])
   FOR NO KEY UPDATE SKIP LOCKED;

-- move_audit_head: sealed anew
UPDATE audit_head
   SET seal = %(seal)s;

-- left: how much there is under each key, by kind
SELECT k.key_id, c.kind, c.count
  FROM unnest(%(keys)s::text[]) AS k(key_id),
       LATERAL (
           SELECT 'signing_key' AS kind, count(*) FROM signing_key WHERE sealed_by(sealed) = k.key_id
           UNION ALL
           SELECT 'token_key', count(*) FROM token_key WHERE sealed_by(sealed) = k.key_id
           UNION ALL
           SELECT 'variable', count(*) FROM variable WHERE sealed_by(sealed) = k.key_id
           UNION ALL
           SELECT 'endpoint', count(*) FROM endpoint WHERE sealed_by(sealed) = k.key_id
           UNION ALL
           SELECT 'blob', count(*) FROM blob WHERE sealed_by(sealed) = k.key_id
           UNION ALL
           SELECT 'conversation_piece', count(*) FROM conversation_piece
            WHERE sealed_by(sealed) = k.key_id
           UNION ALL
           SELECT 'run_log', count(*) FROM run_log WHERE sealed_by(sealed) = k.key_id
           UNION ALL
           SELECT 'run', count(*) FROM run
            WHERE sealed_by(seal) = k.key_id OR keyed_by(inputs) = k.key_id
           UNION ALL
           SELECT 'approval', count(*) FROM approval
            WHERE sealed_by(seal) = k.key_id OR keyed_by(inputs) = k.key_id
           UNION ALL
           SELECT 'audit_head', count(*) FROM audit_head WHERE sealed_by(seal) = k.key_id
       ) AS c
 WHERE c.count > 0;
