-- add: once for each call
INSERT INTO escalation (key, conversation, agent, person, reason, at)
VALUES (%(key)s, %(conversation)s, %(agent)s, %(person)s, %(reason)s, %(at)s)
    ON CONFLICT (key) DO NOTHING;
