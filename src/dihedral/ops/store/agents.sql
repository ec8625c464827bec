-- add: an agent, unless there is one of that name
INSERT INTO agent (organization, name, owner, purpose, tools, money, money_currency, delta,
                   delta_currency, blast, calls, seconds, created_at)
VALUES (%(organization)s, %(name)s, %(owner)s, %(purpose)s, %(tools)s, %(money)s,
        %(money_currency)s, %(delta)s, %(delta_currency)s, %(blast)s, %(calls)s, %(seconds)s,
        %(created_at)s)
    ON CONFLICT (organization, name) DO NOTHING;

-- find: an agent
SELECT organization, name, owner, purpose, tools, money, money_currency, delta, delta_currency,
       blast, calls, seconds, created_at, suspended_at, suspended_by, suspended_why
  FROM agent
 WHERE organization = %(organization)s
   AND name = %(name)s;

-- lock: an agent, held until the transaction ends, but not from who refers to it
SELECT organization, name, owner, purpose, tools, money, money_currency, delta, delta_currency,
       blast, calls, seconds, created_at, suspended_at, suspended_by, suspended_why
  FROM agent
 WHERE organization = %(organization)s
   AND name = %(name)s
   FOR NO KEY UPDATE;

-- page: of an organization, by name
SELECT organization, name, owner, purpose, tools, money, money_currency, delta, delta_currency,
       blast, calls, seconds, created_at, suspended_at, suspended_by, suspended_why
  FROM agent
 WHERE organization = %(organization)s
   AND (%(after)s::text IS NULL OR name > %(after)s)
 ORDER BY name
 LIMIT %(size)s;

-- save: what may change of an agent
UPDATE agent
   SET owner = %(owner)s,
       purpose = %(purpose)s,
       tools = %(tools)s,
       money = %(money)s,
       money_currency = %(money_currency)s,
       delta = %(delta)s,
       delta_currency = %(delta_currency)s,
       blast = %(blast)s,
       calls = %(calls)s,
       seconds = %(seconds)s,
       suspended_at = %(suspended_at)s,
       suspended_by = %(suspended_by)s,
       suspended_why = %(suspended_why)s
 WHERE organization = %(organization)s
   AND name = %(name)s;

-- switch: whether all agents of an organization are suspended
SELECT agents_suspended_at AS suspended_at, agents_suspended_by AS suspended_by,
       agents_suspended_why AS suspended_why
  FROM organization
 WHERE id = %(organization)s;

-- hold_switch: the same; nobody turns it until the transaction ends
SELECT agents_suspended_at AS suspended_at, agents_suspended_by AS suspended_by,
       agents_suspended_why AS suspended_why
  FROM organization
 WHERE id = %(organization)s
   FOR SHARE;

-- turn: the switch
UPDATE organization
   SET agents_suspended_at = %(suspended_at)s,
       agents_suspended_by = %(suspended_by)s,
       agents_suspended_why = %(suspended_why)s
 WHERE id = %(organization)s;

-- add_instance: an agent that runs from now on
INSERT INTO agent_instance (id, organization, agent, on_behalf_of, via, started_by, started_at, until)
VALUES (%(id)s, %(organization)s, %(agent)s, %(on_behalf_of)s, %(via)s, %(started_by)s,
        %(started_at)s, %(until)s);

-- chain: an instance, then whoever handed it the work, and so on
WITH RECURSIVE chain AS (
    SELECT i.*, 1 AS step FROM agent_instance i WHERE i.id = %(id)s
    UNION ALL
    SELECT i.*, c.step + 1 FROM agent_instance i JOIN chain c ON i.id = c.via
)
SELECT id, organization, agent, on_behalf_of, via, started_by, started_at, until, ended_at, ended_why
  FROM chain
 ORDER BY step;

-- running: the instances of an agent, or of all of an organization, the newest first
SELECT id, organization, agent, on_behalf_of, via, started_by, started_at, until, ended_at, ended_why
  FROM agent_instance
 WHERE organization = %(organization)s
   AND (%(agent)s::text IS NULL OR agent = %(agent)s)
   AND ended_at IS NULL
   AND until > %(now)s
 ORDER BY started_at DESC, id;

-- prolong: an instance that has a new token
UPDATE agent_instance
   SET until = %(until)s
 WHERE id = %(id)s;

-- end: one instance, or every one of an agent, or of all of an organization
UPDATE agent_instance
   SET ended_at = %(at)s,
       ended_why = %(why)s
 WHERE organization = %(organization)s
   AND (%(agent)s::text IS NULL OR agent = %(agent)s)
   AND (%(id)s::text IS NULL OR id = %(id)s)
   AND ended_at IS NULL
RETURNING id;

-- spent: what an agent's runs since then add a month, but for one of them: those that were applied,
-- or began to be, and those of some statuses; and how many of them do not say what they add
SELECT coalesce(sum(greatest(0, (r.numbers #>> '{cost,likely}')::numeric)), 0) AS amount,
       count(*) FILTER (WHERE r.numbers #>> '{cost,likely}' IS NULL
                           OR r.numbers #>> '{cost,currency}' <> %(currency)s
                           OR r.numbers #>> '{cost,unpriced}' <> '[]') AS unknown
  FROM run r
  JOIN workspace w ON w.id = r.workspace
 WHERE r.proposer = %(proposer)s
   AND w.organization = %(organization)s
   AND r.id <> %(run)s
   AND r.created_at >= %(since)s
   AND r.effect IS NOT NULL
   AND NOT r.plan_only
   AND (r.status = ANY(%(open)s)
        OR r.status = 'applied'
        OR EXISTS (SELECT 1 FROM approval a WHERE a.run = r.id AND a.used_at IS NOT NULL));

-- waiting: an agent's runs, or those of all agents of an organization, that a worker should be busy
-- with
SELECT r.id, r.workspace
  FROM run r
  JOIN workspace w ON w.id = r.workspace
 WHERE w.organization = %(organization)s
   AND r.proposer LIKE 'agent:%%'
   AND (%(proposer)s::text IS NULL OR r.proposer = %(proposer)s)
   AND r.status IN ('pending', 'planned', 'confirmed')
 ORDER BY r.created_at, r.id;
