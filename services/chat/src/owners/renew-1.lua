-- Renews a claim, or makes it anew when Redis has lost it; another owner's stays.
--
-- KEYS[1] string: the owner of a session, sealed ("2.<key>.<end>.<owner>.<sealed>") or its URL
-- ARGV[1] the owner's URL
-- ARGV[2] the owner as sealed ones name it
-- ARGV[3] milliseconds for which it holds
-- ARGV[4] the value as it is written
--
-- Returns 1 when the claim is this owner's.

local value = redis.call('GET', KEYS[1])
if value and value ~= ARGV[1] and string.match(value, '^2%.[^.]*%.[^.]*%.([^.]*)%.') ~= ARGV[2] then return 0 end
redis.call('SET', KEYS[1], ARGV[4], 'PX', ARGV[3])
return 1
