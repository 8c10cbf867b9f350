-- The `data` of a SYSTEM row that names somebody, with `nobody` (`userId`, `nickname`, `tag`) in his place.
CREATE OR REPLACE FUNCTION chat.unnamed_data(data JSONB, nobody JSONB) RETURNS JSONB
LANGUAGE sql IMMUTABLE
  RETURN data
    || CASE WHEN data #> '{participant,userId}' IS NULL THEN '{}'
      ELSE jsonb_build_object('participant', data -> 'participant' || nobody) END
    || CASE WHEN data #> '{user,userId}' IS NULL THEN '{}' ELSE jsonb_build_object('user', data -> 'user' || nobody) END
    || CASE WHEN data #> '{by,userId}' IS NULL THEN '{}' ELSE jsonb_build_object('by', data -> 'by' || nobody) END
    || CASE WHEN data #> '{room,hostId}' IS NULL OR jsonb_typeof(data #> '{room,hostId}') = 'null' THEN '{}'
      ELSE jsonb_build_object('room', data -> 'room' || jsonb_build_object('hostId', nobody -> 'userId')) END;
