-- Puts sealed texts in the place of clear ones: of reports whose resolution is still the one that was read (`p_seen`), and whose
-- note was not taken away meanwhile, as an erasure does.
CREATE OR REPLACE FUNCTION chat.seal_reports(
  p_ids BIGINT[], p_seen TEXT[], p_keys INTEGER[], p_notes TEXT[], p_resolutions TEXT[], p_messages TEXT[]
) RETURNS VOID
LANGUAGE sql AS $$
  UPDATE chat.reports p SET note = i.note, resolution = i.resolution, message = i.message::jsonb, key_no = i.key_no
  FROM unnest(p_ids, p_seen, p_keys, p_notes, p_resolutions, p_messages)
    i (report_id, seen, key_no, note, resolution, message)
  WHERE p.report_id = i.report_id AND (p.key_no IS NULL OR NOT p.message ? 'keyNo')
    AND p.resolution IS NOT DISTINCT FROM i.seen AND (p.note IS NULL) = (i.note IS NULL);
$$;
