-- What a turn proposed is on the record by its key, which is the turn's and the want's number.
CREATE INDEX run_of_turn ON run (split_part(key, ':', 1)) WHERE key IS NOT NULL;
