-- What wrk sends: GET by id, a filter by userName, or a fixed path, for users drawn evenly from all of them.
-- The rules for ids and names are those of people.py. No `response` function: it would slow the generator down.

local kind, users, token, path, given, family, thread_count = nil, 0, "", "", {}, {}, 0

function setup(thread)
  thread_count = thread_count + 1
  thread:set("seed", 7919 * thread_count)
end

local function words(text)
  local found = {}
  for word in string.gmatch(text, "[^,]+") do found[#found + 1] = word end
  return found
end

local head, tail

function init(args)
  kind, users, token, path = args[1], tonumber(args[2]), args[3], args[4]
  given, family = words(args[5]), words(args[6])
  math.randomseed(seed)
  head = "GET " .. path
  tail = " HTTP/1.1\r\nHost: " .. wrk.host .. ":" .. wrk.port .. "\r\nAuthorization: Bearer " .. token ..
    "\r\nAccept: application/scim+json\r\n\r\n"
end

function request()
  if kind == "fixed" then return head .. tail end
  local number = math.random(0, users - 1)
  local mixed = number * 2654435761 % 4294967296
  if kind == "id" then
    return head .. string.format("%08x-5ca1-4000-8000-%012x", mixed, number) .. tail
  end
  local first = given[mixed % #given + 1]
  local last = family[math.floor(mixed / #given) % #family + 1]
  return head .. first .. "." .. last .. "." .. string.format("%d", number) .. "%40aurora.example%22" .. tail
end

function done(summary, latency, requests)
  local errors = summary.errors
  io.write(string.format(
    '\nRESULT {"requests": %d, "micros": %d, "bytes": %d, "connect": %d, "read": %d, "write": %d, "status": %d, "timeout": %d, ' ..
    '"p50": %d, "p99": %d}\n',
    summary.requests, summary.duration, summary.bytes, errors.connect, errors.read, errors.write, errors.status,
    errors.timeout, latency:percentile(50), latency:percentile(99)))
end
