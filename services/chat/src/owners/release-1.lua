-- Forgets a claim, if it still is this owner's.
--
-- KEYS[1] string: the owner of a session, signed ("2.<key>.<end>.<proof>.<URL>") or not
-- ARGV[1] the owner's URL
--
-- Returns 1 when it was forgotten.

local owner = redis.call('GET', KEYS[1])
if not owner then return 0 end
local url = string.match(owner, '^2%.[^.]*%.[^.]*%.[^.]*%.(.*)$') or owner
if url == ARGV[1] then return redis.call('DEL', KEYS[1]) end
return 0
