-- hold: one writer at a time, until the transaction ends; readers go on
SELECT pg_advisory_xact_lock(hashtextextended('reflex', 0));

-- live: the version that answers
SELECT version, digest, weights
  FROM reflex
 WHERE live;

-- retire: none answers until the next is added
UPDATE reflex
   SET live = false
 WHERE live;

-- add: a version that answers from now on
INSERT INTO reflex (digest, precision, margin, score, weights, live, created_at)
VALUES (%(digest)s, %(precision)s, %(margin)s, %(score)s, %(weights)s, true, %(at)s);

-- forget: old versions, which their examples and lessons could make again
DELETE FROM reflex
 WHERE version <= (SELECT max(version) FROM reflex) - %(kept)s;

-- teach: a lesson, unless its request had one
INSERT INTO lesson (text, label, source, request, actor, at, taken)
VALUES (%(text)s, %(label)s, %(source)s, %(request)s, %(actor)s, %(at)s, %(taken)s)
ON CONFLICT (request) DO NOTHING;

-- lessons: what moved the weights, in the order in which it did
SELECT text, label
  FROM lesson
 WHERE taken
 ORDER BY id;
