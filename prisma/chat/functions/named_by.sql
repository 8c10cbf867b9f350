-- Whom a SYSTEM row names, by its `data`: there is at most one in each. Null: nobody.
CREATE OR REPLACE FUNCTION chat.named_by(data JSONB) RETURNS TEXT
LANGUAGE sql IMMUTABLE
  RETURN coalesce(data #>> '{participant,userId}', data #>> '{user,userId}', data #>> '{by,userId}',
    data #>> '{room,hostId}');
