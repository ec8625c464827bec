-- add: one more output that is read; a source that is gone, or the reader itself, adds none
INSERT INTO reading (reader, source, output)
SELECT %(reader)s, id, %(output)s
  FROM workspace
 WHERE name = %(source)s
   AND id <> %(reader)s
   AND organization = (SELECT organization FROM workspace WHERE id = %(reader)s)
   FOR KEY SHARE
    ON CONFLICT DO NOTHING;

-- clear: all that a workspace reads
DELETE FROM reading
 WHERE reader = %(reader)s;

-- reads: what a workspace reads, and of whom
SELECT name, output
  FROM reading JOIN workspace ON workspace.id = reading.source
 WHERE reader = %(workspace)s
 ORDER BY name, output;

-- read_by: what others read of a workspace, and who
SELECT name, output
  FROM reading JOIN workspace ON workspace.id = reading.reader
 WHERE source = %(workspace)s
 ORDER BY name, output;
