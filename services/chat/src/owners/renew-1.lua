-- Renews a claim, or makes it anew when Redis has lost it; another owner's stays.
--
-- KEYS[1] string: the owner of a session, signed ("2.<key>.<end>.<proof>.<URL>") or not
-- ARGV[1] the owner's URL
-- ARGV[2] milliseconds for which it holds
-- ARGV[3] the owner as it is written
--
-- Returns 1 when the claim is this owner's.

local owner = redis.call('GET', KEYS[1])
if owner then
  local url = string.match(owner, '^2%.[^.]*%.[^.]*%.[^.]*%.(.*)$') or owner
  if url ~= ARGV[1] then return 0 end
end
redis.call('SET', KEYS[1], ARGV[3], 'PX', ARGV[2])
return 1
