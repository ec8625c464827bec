-- add: one person's yes; a second one of the same person changes nothing
INSERT INTO approval (id, run, workspace, effect, base_state, approver, how, comment, seal, at)
VALUES (%(id)s, %(run)s, %(workspace)s, %(effect)s, %(base_state)s, %(approver)s, %(how)s,
        %(comment)s, %(seal)s, %(at)s)
ON CONFLICT (run, approver) DO NOTHING;

-- of_run: oldest first
SELECT id, run, workspace, effect, base_state, approver, how, comment, seal, at, used_at
  FROM approval
 WHERE run = %(run)s
 ORDER BY at, id;

-- use: all that are not used yet
UPDATE approval
   SET used_at = %(at)s
 WHERE run = %(run)s AND used_at IS NULL;
