-- add: one person's yes; a second one of the same person changes nothing
INSERT INTO approval (id, run, workspace, effect, base_state, configuration, inputs, approver, how,
                      comment, channel, overrides, asked_at, expires_at, carried_from, seal, at)
VALUES (%(id)s, %(run)s, %(workspace)s, %(effect)s, %(base_state)s, %(configuration)s, %(inputs)s,
        %(approver)s, %(how)s, %(comment)s, %(channel)s, %(overrides)s, %(asked_at)s,
        %(expires_at)s, %(carried_from)s, %(seal)s, %(at)s)
ON CONFLICT (run, approver) WHERE ended_at IS NULL DO NOTHING;

-- of_run: oldest first; one that was carried on before the one that carries it
SELECT id, run, workspace, effect, base_state, configuration, inputs, approver, how, comment,
       channel, overrides, asked_at, expires_at, carried_from, seal, at, used_at, ended_at,
       ended_as, ended_why
  FROM approval
 WHERE run = %(run)s
 ORDER BY at, ended_at NULLS LAST, id;

-- use: all that are not used yet and hold
UPDATE approval
   SET used_at = %(at)s
 WHERE run = %(run)s AND used_at IS NULL AND ended_at IS NULL;

-- end: one that holds no longer; one that was used or has ended stays as it is
UPDATE approval
   SET ended_at = %(at)s,
       ended_as = %(ended_as)s,
       ended_why = %(why)s
 WHERE id = %(id)s AND used_at IS NULL AND ended_at IS NULL;

-- counts: how many of each of some runs hold
SELECT run, count(*) AS count
  FROM approval
 WHERE run = ANY(%(runs)s) AND ended_at IS NULL
 GROUP BY run;
