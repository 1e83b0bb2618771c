"""What Redis does in one step: Lua scripts. Their clock is Redis's own.

A kept value is a hash field that holds the time at which it ends and the value, divided by a
bar. Hash fields cannot expire by themselves in every Redis in use; what has ended is removed by
who next looks.
"""

from __future__ import annotations

_NOW = """
local clock = redis.call('TIME')
local now = clock[1] + clock[2] / 1000000
"""

_ALIVE = (
    _NOW
    + """
local function alive(hash)
  local found = {}
  local held = redis.call('HGETALL', hash)
  for i = 1, #held, 2 do
    local bar = string.find(held[i + 1], '|', 1, true)
    if tonumber(string.sub(held[i + 1], 1, bar - 1)) > now then
      found[held[i]] = string.sub(held[i + 1], bar + 1)
    else
      redis.call('HDEL', hash, held[i])
    end
  end
  return found
end
local function keep(hash, name, value, ttl)
  redis.call('HSET', hash, name, string.format('%.3f', now + ttl) .. '|' .. value)
end
"""
)

# KEYS: hash. ARGV: name, value, ttl in seconds.
PUT = _ALIVE + "keep(KEYS[1], ARGV[1], ARGV[2], tonumber(ARGV[3]))"

# KEYS: hash. Answers names and values in turn.
ALL = (
    _ALIVE
    + """
local answer = {}
for name, value in pairs(alive(KEYS[1])) do
  answer[#answer + 1] = name
  answer[#answer + 1] = value
end
return answer
"""
)

# KEYS: claims. ARGV: call, seat, ttl.
CLAIM = (
    _ALIVE
    + """
for seat, call in pairs(alive(KEYS[1])) do
  if (seat == ARGV[2]) ~= (call == ARGV[1]) then return 0 end
end
keep(KEYS[1], ARGV[2], ARGV[1], tonumber(ARGV[3]))
return 1
"""
)

# KEYS: claims, freed. ARGV: call, when it became idle or 0, for how long that is known.
UNCLAIM = (
    _ALIVE
    + """
for seat, call in pairs(alive(KEYS[1])) do
  if call == ARGV[1] then
    redis.call('HDEL', KEYS[1], seat)
    if tonumber(ARGV[2]) > 0 then keep(KEYS[2], seat, ARGV[2], tonumber(ARGV[3])) end
  end
end
"""
)

# KEYS: list. ARGV: payload, ttl in milliseconds, channel.
APPEND = """
local number = redis.call('RPUSH', KEYS[1], ARGV[1]) - 1
redis.call('PEXPIRE', KEYS[1], ARGV[2])
redis.call('PUBLISH', ARGV[3], number .. '|' .. ARGV[1])
"""

# KEYS: lease. ARGV: owner, ttl in milliseconds.
LEASE = """
local owner = redis.call('GET', KEYS[1])
if owner and owner ~= ARGV[1] then return 0 end
redis.call('SET', KEYS[1], ARGV[1], 'PX', ARGV[2])
return 1
"""

# KEYS: lease. ARGV: owner.
END_LEASE = "if redis.call('GET', KEYS[1]) == ARGV[1] then redis.call('DEL', KEYS[1]) end"

# KEYS: counter. ARGV: window in milliseconds.
COUNT = """
local count = redis.call('INCR', KEYS[1])
if count == 1 then redis.call('PEXPIRE', KEYS[1], ARGV[1]) end
return count
"""
