-- Whether a product (p_kind PRODUCT) or a user (USER) is held for a legal reason. Whoever removes or erases for good asks this in the
-- transaction that does it, under the product's lock where it is a product, and leaves what is held as it is.
CREATE OR REPLACE FUNCTION trade.is_held(p_kind TEXT, p_id TEXT) RETURNS BOOLEAN
LANGUAGE sql STABLE
  RETURN EXISTS (SELECT FROM trade.holds h WHERE h.kind = p_kind AND h.id = p_id);
