-- begin: a want is about to be done; again, where it was begun and nobody knows how it ended
INSERT INTO want (turn, seq, kind, tool, begun_at)
VALUES (%(turn)s, %(seq)s, %(kind)s, %(tool)s, %(at)s)
    ON CONFLICT (turn, seq) DO UPDATE SET tries = want.tries + 1;

-- done: what came of it
UPDATE want
   SET done_at = %(at)s,
       result = %(result)s,
       failed = %(failed)s,
       numbers = %(numbers)s
 WHERE turn = %(turn)s AND seq = %(seq)s AND done_at IS NULL;

-- kept: all that was done, in order, with what came of it
SELECT w.seq, w.failed, w.numbers, w.result, b.sealed
  FROM want AS w
  JOIN blob AS b ON b.digest = w.result
 WHERE w.turn = %(turn)s
 ORDER BY w.seq;

-- told: the wants of a turn, without what came of them
SELECT seq, kind, tool, tries, begun_at, done_at, failed, result, numbers
  FROM want
 WHERE turn = %(turn)s
 ORDER BY seq;
