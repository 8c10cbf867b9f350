-- What a product has of a picture that was looked at.
CREATE OR REPLACE FUNCTION trade.picture_json(p trade.pictures) RETURNS jsonb
LANGUAGE sql IMMUTABLE AS $$
  SELECT jsonb_build_object('id', p.id, 'type', p.type, 'width', p.width, 'height', p.height)
$$;
