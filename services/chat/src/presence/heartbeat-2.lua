-- Renews an instance's lease, ends the leases that ran out, and says who is left.
--
-- KEYS[1] sorted set: instance -> end of its lease, Unix ms
-- KEYS[2] hash: instance -> its open sockets
-- ARGV[1] the instance
-- ARGV[2] length of a lease, ms
-- ARGV[3] open sockets of the instance
--
-- Returns { 1 when the lease was still good, else 0; open sockets of the others; the others' names ... }

local time = redis.call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000)
local lease = redis.call('ZSCORE', KEYS[1], ARGV[1])
local good = 0
if lease and tonumber(lease) >= now then good = 1 end

redis.call('ZREMRANGEBYSCORE', KEYS[1], '-inf', string.format('(%.0f', now))
redis.call('ZADD', KEYS[1], string.format('%.0f', now + ARGV[2]), ARGV[1])
redis.call('HSET', KEYS[2], ARGV[1], ARGV[3])

local reply = { good, 0 }
local leased = {}
for _, id in ipairs(redis.call('ZRANGE', KEYS[1], 0, -1)) do
  leased[id] = true
  if id ~= ARGV[1] then reply[#reply + 1] = id end
end
local sockets = redis.call('HGETALL', KEYS[2])
for i = 1, #sockets, 2 do
  if not leased[sockets[i]] then
    redis.call('HDEL', KEYS[2], sockets[i])
  elseif sockets[i] ~= ARGV[1] then
    reply[2] = reply[2] + (tonumber(sockets[i + 1]) or 0)
  end
end

-- When every instance is gone, nothing stays.
redis.call('PEXPIRE', KEYS[1], ARGV[2])
redis.call('PEXPIRE', KEYS[2], ARGV[2])
return reply
