-- add: a piece, next in the conversation's own count
INSERT INTO conversation_piece (conversation, seq, kind, sealed)
SELECT %(conversation)s, coalesce(max(seq), 0) + 1, %(kind)s, %(sealed)s
  FROM conversation_piece
 WHERE conversation = %(conversation)s;

-- since: the pieces after one, in order
SELECT seq, kind, sealed
  FROM conversation_piece
 WHERE conversation = %(conversation)s AND seq > %(after)s
 ORDER BY seq;

-- clear: what was said is a message now
DELETE FROM conversation_piece
 WHERE conversation = %(conversation)s;
