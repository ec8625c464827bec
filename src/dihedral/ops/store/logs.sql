-- add: a piece of some lines, next in the run's own count
INSERT INTO run_log (run, seq, phase, sealed)
SELECT %(run)s, coalesce(max(seq), 0) + 1, %(phase)s, %(sealed)s
  FROM run_log
 WHERE run = %(run)s;

-- since: the pieces after `after`, in order
SELECT seq, phase, sealed
  FROM run_log
 WHERE run = %(run)s AND seq > %(after)s
 ORDER BY seq;
