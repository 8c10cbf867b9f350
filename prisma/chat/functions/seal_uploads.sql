-- Puts sealed names in the place of clear ones: of uploads as they were when they were read (`p_seen`, their attachments).
CREATE OR REPLACE FUNCTION chat.seal_uploads(
  p_ids TEXT[], p_seen TEXT[], p_keys INTEGER[], p_names TEXT[], p_attachments TEXT[]
) RETURNS VOID
LANGUAGE sql AS $$
  UPDATE chat.uploads u SET name = i.name, attachment = i.attachment::jsonb, key_no = i.key_no
  FROM unnest(p_ids, p_seen, p_keys, p_names, p_attachments) i (upload_id, seen, key_no, name, attachment)
  WHERE u.upload_id = i.upload_id AND u.name <> '' AND (u.key_no IS NULL OR NOT u.attachment ? 'keyNo')
    AND u.attachment IS NOT DISTINCT FROM i.seen::jsonb;
$$;
