-- find: somebody's tour
SELECT person, began_at, read, ended_at
  FROM tour
 WHERE person = %(person)s;

-- begin: a tour from its first step, in place of the one that was
INSERT INTO tour (person, began_at)
VALUES (%(person)s, %(at)s)
    ON CONFLICT (person) DO UPDATE
   SET began_at = excluded.began_at,
       read = NULL,
       ended_at = NULL;

-- read: the run that was said to be read, as long as the tour goes on
UPDATE tour
   SET read = %(run)s
 WHERE person = %(person)s
   AND ended_at IS NULL;

-- end: it is over, or was skipped
UPDATE tour
   SET ended_at = %(at)s
 WHERE person = %(person)s
   AND ended_at IS NULL;
