-- add: what somebody said
INSERT INTO run_comment (id, run, author, text, sends_back, at)
VALUES (%(id)s, %(run)s, %(author)s, %(text)s, %(sends_back)s, %(at)s);

-- of_run: all that was said of a run, in order
SELECT id, run, author, text, sends_back, at
  FROM run_comment
 WHERE run = %(run)s
 ORDER BY at, id;
