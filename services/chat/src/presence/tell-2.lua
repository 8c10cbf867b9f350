-- Tells which users an instance has in a room: changes, or all of them anew.
--
-- KEYS[1] hash of the room: instance -> version of its set
-- KEYS[2] set: the instance's users in the room
-- ARGV[1] the instance
-- ARGV[2] the set's new version; never used twice by an instance
-- ARGV[3] seconds after which both keys vanish if they are not told of again
-- ARGV[4] 1: the set is told anew; 0: it changes
-- ARGV[5] how many of the following users came; the others went
-- ARGV[6 ...] users

if ARGV[4] == '1' then redis.call('DEL', KEYS[2]) end
local came = tonumber(ARGV[5])
for i = 6, #ARGV do
  if i < 6 + came then
    redis.call('SADD', KEYS[2], ARGV[i])
  else
    redis.call('SREM', KEYS[2], ARGV[i])
  end
end

if redis.call('EXISTS', KEYS[2]) == 1 then
  redis.call('HSET', KEYS[1], ARGV[1], ARGV[2])
  redis.call('EXPIRE', KEYS[1], ARGV[3])
  redis.call('EXPIRE', KEYS[2], ARGV[3])
else
  redis.call('HDEL', KEYS[1], ARGV[1])
end
