-- What ships is kept up to date with the program until somebody takes something else.

-- follows: what was taken is the program's own file, and the program's next one takes its place
ALTER TABLE agent_taken ADD COLUMN follows boolean NOT NULL DEFAULT false;

UPDATE agent_taken SET follows = true WHERE taken_by = 'system';
