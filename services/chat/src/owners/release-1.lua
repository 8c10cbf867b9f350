-- Forgets a claim, if it still is this owner's.
--
-- KEYS[1] string: the owner of a session, sealed ("2.<key>.<end>.<owner>.<sealed>") or its URL
-- ARGV[1] the owner's URL
-- ARGV[2] the owner as sealed ones name it
--
-- Returns 1 when it was forgotten.

local value = redis.call('GET', KEYS[1])
if not value then return 0 end
local owner = string.match(value, '^2%.[^.]*%.[^.]*%.([^.]*)%.')
if value == ARGV[1] or owner == ARGV[2] then return redis.call('DEL', KEYS[1]) end
return 0
