-- keep: a result is its conversation's
INSERT INTO cut_result (conversation, digest)
VALUES (%(conversation)s, %(digest)s)
    ON CONFLICT DO NOTHING;

-- find: whether a result is of a conversation
SELECT digest
  FROM cut_result
 WHERE conversation = %(conversation)s
   AND digest = %(digest)s;
