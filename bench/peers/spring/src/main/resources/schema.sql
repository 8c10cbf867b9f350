CREATE TABLE messages (
  id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY, room text, sender text, text text, created_at timestamptz DEFAULT now());
