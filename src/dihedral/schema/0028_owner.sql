-- Who answers for a workspace: a person's id, or `team:NAME`; empty where nobody does. It is told and
-- searched by, and gives no right; so nothing refers to it, and a person who leaves stays named.

ALTER TABLE workspace ADD COLUMN owner text NOT NULL DEFAULT '' CHECK (length(owner) <= 69);

-- of those that are there already, who made them; the name is in the record of it
UPDATE workspace w
   SET owner = a.actor
  FROM audit a
 WHERE a.action = 'workspace.create'
   AND a.workspace = w.id
   AND a.kind = 'person'
   AND a.outcome = 'done';
