-- hold: until the transaction ends nobody else adds or takes a version of that agent
SELECT pg_advisory_xact_lock(hashtextextended('agent_spec:' || %(organization)s || '/' || %(name)s, 0));

-- current: the versions that hold, of some agents
SELECT DISTINCT ON (t.name)
       s.organization, s.name, s.version, s.digest, s.shipped, s.applied_by, s.applied_at,
       t.taken_by, t.taken_at, t.follows
  FROM agent_taken t
  JOIN agent_spec s USING (organization, name, version)
 WHERE t.organization = %(organization)s
   AND t.name = ANY(%(names)s)
 ORDER BY t.name, t.seq DESC;

-- version: one of them
SELECT organization, name, version, digest, shipped, applied_by, applied_at
  FROM agent_spec
 WHERE organization = %(organization)s
   AND name = %(name)s
   AND version = %(version)s;

-- by_digest: the version with that content
SELECT organization, name, version, digest, shipped, applied_by, applied_at
  FROM agent_spec
 WHERE organization = %(organization)s
   AND name = %(name)s
   AND digest = %(digest)s;

-- add: a version, next in the agent's own count
INSERT INTO agent_spec (organization, name, version, digest, shipped, applied_by, applied_at)
SELECT %(organization)s, %(name)s, coalesce(max(version), 0) + 1, %(digest)s, %(shipped)s, %(by)s,
       %(at)s
  FROM agent_spec
 WHERE organization = %(organization)s
   AND name = %(name)s
RETURNING version;

-- take: a version holds from now on
INSERT INTO agent_taken (organization, name, seq, version, taken_by, taken_at, follows)
SELECT %(organization)s, %(name)s, coalesce(max(seq), 0) + 1, %(version)s, %(by)s, %(at)s,
       %(follows)s
  FROM agent_taken
 WHERE organization = %(organization)s
   AND name = %(name)s;

-- history: which versions held, the last first
SELECT s.organization, s.name, s.version, s.digest, s.shipped, s.applied_by, s.applied_at,
       t.taken_by, t.taken_at, t.follows
  FROM agent_taken t
  JOIN agent_spec s USING (organization, name, version)
 WHERE t.organization = %(organization)s
   AND t.name = %(name)s
 ORDER BY t.seq DESC
 LIMIT %(size)s;
