-- add: a new conversation, unless it is there
INSERT INTO conversation (id, organization, agent, person, workspace, title, standing, parent, brief,
                          created_at, updated_at)
VALUES (%(id)s, %(organization)s, %(agent)s, %(person)s, %(workspace)s, %(title)s, %(standing)s,
        %(parent)s, %(brief)s, %(created_at)s, %(updated_at)s)
    ON CONFLICT (id) DO NOTHING;

-- find: one conversation
SELECT id, organization, agent, person, workspace, title, standing, why, parent, request,
       created_at, updated_at
  FROM conversation
 WHERE id = %(id)s;

-- lock: one conversation, held until the transaction ends
SELECT id, organization, agent, person, workspace, title, standing, why, parent, request,
       created_at, updated_at
  FROM conversation
 WHERE id = %(id)s
   FOR UPDATE;

-- page: those that persons began, the last that was spoken in first
SELECT id, organization, agent, person, workspace, title, standing, why, parent, request,
       created_at, updated_at
  FROM conversation
 WHERE organization = %(organization)s
   AND parent IS NULL
   AND (%(person)s::text IS NULL OR person = %(person)s)
   AND (%(before)s::text IS NULL
        OR (updated_at, id) < (SELECT updated_at, id FROM conversation WHERE id = %(before)s))
 ORDER BY updated_at DESC, id DESC
 LIMIT %(size)s;

-- save: what it is now
UPDATE conversation
   SET standing = %(standing)s,
       why = %(why)s,
       request = %(request)s,
       updated_at = %(updated_at)s
 WHERE id = %(id)s;

-- above: the agents and briefs by which the work came here, nearest first
WITH RECURSIVE line (agent, brief, parent, depth) AS (
    SELECT agent, brief, parent, 0
      FROM conversation
     WHERE id = %(id)s
     UNION ALL
    SELECT c.agent, c.brief, c.parent, l.depth + 1
      FROM line AS l
      JOIN turn AS t ON t.id = l.parent
      JOIN conversation AS c ON c.id = t.conversation
)
SELECT agent, brief
  FROM line
 WHERE parent IS NOT NULL
 ORDER BY depth;

-- line: the turns by which the work came to one, the first one first, that one last
WITH RECURSIVE line (conversation, turn, parent, depth) AS (
    SELECT c.id, t.id, c.parent, 0
      FROM turn AS t
      JOIN conversation AS c ON c.id = t.conversation
     WHERE t.id = %(turn)s
     UNION ALL
    SELECT c.id, t.id, c.parent, l.depth + 1
      FROM line AS l
      JOIN turn AS t ON t.id = l.parent
      JOIN conversation AS c ON c.id = t.conversation
)
SELECT conversation, turn
  FROM line
 ORDER BY depth DESC;

-- below: it and all that was handed on from it, held
WITH RECURSIVE line (id) AS (
    SELECT id
      FROM conversation
     WHERE id = %(id)s
     UNION ALL
    SELECT c.id
      FROM line AS l
      JOIN turn AS t ON t.conversation = l.id
      JOIN conversation AS c ON c.parent = t.id
)
SELECT c.id, c.organization, c.agent, c.person, c.workspace, c.title, c.standing, c.why, c.parent,
       c.request, c.created_at, c.updated_at
  FROM conversation AS c
  JOIN line ON line.id = c.id
   FOR UPDATE OF c;

-- add_turn: the next turn, unless it is there
INSERT INTO turn (id, conversation, seq, agent, version, started_at)
SELECT %(id)s, %(conversation)s, count(*) + 1, %(agent)s, %(version)s, %(started_at)s
  FROM turn
 WHERE conversation = %(conversation)s
    ON CONFLICT (id) DO NOTHING;

-- turn: one turn
SELECT id, conversation, seq, agent, version, instance, allowance, started_at, ended_at, outcome,
       why, rounds, calls, runs, numbers
  FROM turn
 WHERE id = %(id)s;

-- turns: all of a conversation
SELECT id, conversation, seq, agent, version, instance, allowance, started_at, ended_at, outcome,
       why, rounds, calls, runs, numbers
  FROM turn
 WHERE conversation = %(conversation)s
 ORDER BY seq;

-- open_turn: the one at work
SELECT id, conversation, seq, agent, version, instance, allowance, started_at, ended_at, outcome,
       why, rounds, calls, runs, numbers
  FROM turn
 WHERE conversation = %(conversation)s AND ended_at IS NULL;

-- save_turn: how far it came
UPDATE turn
   SET version = %(version)s,
       instance = %(instance)s,
       allowance = %(allowance)s,
       ended_at = %(ended_at)s,
       outcome = %(outcome)s,
       why = %(why)s,
       rounds = %(rounds)s,
       calls = %(calls)s,
       runs = %(runs)s,
       numbers = %(numbers)s
 WHERE id = %(id)s;

-- keep: what was said, in its place
INSERT INTO message (conversation, seq, turn, speaker, digest, at)
VALUES (%(conversation)s, %(seq)s, %(turn)s, %(speaker)s, %(digest)s, %(at)s)
    ON CONFLICT (conversation, seq) DO NOTHING;

-- count: how many were said
SELECT count(*) AS messages
  FROM message
 WHERE conversation = %(conversation)s;

-- said: what was said after one of them, in order
SELECT m.seq, m.turn, m.digest, m.at, b.sealed
  FROM message AS m
  JOIN blob AS b ON b.digest = m.digest
 WHERE m.conversation = %(conversation)s AND m.seq > %(after)s
 ORDER BY m.seq;

-- below_turn: conversations that were handed on by a turn
SELECT id, organization, agent, person, workspace, title, standing, why, parent, request,
       created_at, updated_at
  FROM conversation
 WHERE parent = %(turn)s
 ORDER BY created_at, id;

-- whole: a result of this conversation's tools by its digest, if it is one
SELECT b.sealed
  FROM want AS w
  JOIN turn AS t ON t.id = w.turn
  JOIN blob AS b ON b.digest = w.result
 WHERE t.conversation = %(conversation)s
   AND w.kind = 'use'
   AND w.result = %(digest)s
 LIMIT 1;

-- family: each turn of a conversation, with itself and every turn to which it handed work
WITH RECURSIVE line (root, turn) AS (
    SELECT id, id
      FROM turn
     WHERE conversation = %(conversation)s
     UNION ALL
    SELECT l.root, t.id
      FROM line AS l
      JOIN conversation AS c ON c.parent = l.turn
      JOIN turn AS t ON t.conversation = c.id
)
SELECT root, turn
  FROM line;
