-- add: once for each call
INSERT INTO escalation (id, key, conversation, agent, person, reason, at)
VALUES (%(id)s, %(key)s, %(conversation)s, %(agent)s, %(person)s, %(reason)s, %(at)s)
    ON CONFLICT (key) DO NOTHING;

-- page: of an organization, the oldest first; those that are open, or all
SELECT escalation.id, key, conversation, escalation.agent, escalation.person, reason, at,
       closed_at, closed_by, closed_why
  FROM escalation
  JOIN conversation ON conversation.id = escalation.conversation
 WHERE organization = %(organization)s
   AND (%(closed)s OR closed_at IS NULL)
   AND (%(after)s::text IS NULL
        OR (at, escalation.id) > (SELECT e.at, e.id FROM escalation e WHERE e.id = %(after)s))
 ORDER BY at, escalation.id
 LIMIT %(size)s;

-- lock: one of an organization, held until the transaction ends
SELECT escalation.id, key, conversation, escalation.agent, escalation.person, reason, at,
       closed_at, closed_by, closed_why
  FROM escalation
  JOIN conversation ON conversation.id = escalation.conversation
 WHERE organization = %(organization)s
   AND escalation.id = %(id)s
   FOR UPDATE OF escalation;

-- close: somebody has seen to it
UPDATE escalation
   SET closed_at = %(at)s,
       closed_by = %(by)s,
       closed_why = %(why)s
 WHERE id = %(id)s;
