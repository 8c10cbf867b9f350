-- Forgets a claim, if it still is this owner's.
--
-- KEYS[1] string: the owner of a session
-- ARGV[1] the owner
--
-- Returns 1 when it was forgotten.

if redis.call('GET', KEYS[1]) == ARGV[1] then return redis.call('DEL', KEYS[1]) end
return 0
