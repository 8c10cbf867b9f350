-- Renews a claim, or makes it anew when Redis has lost it; another owner's stays.
--
-- KEYS[1] string: the owner of a session
-- ARGV[1] the owner
-- ARGV[2] milliseconds for which it holds
--
-- Returns 1 when the claim is this owner's.

local owner = redis.call('GET', KEYS[1])
if owner and owner ~= ARGV[1] then return 0 end
redis.call('SET', KEYS[1], ARGV[1], 'PX', ARGV[2])
return 1
