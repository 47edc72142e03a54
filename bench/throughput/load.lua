-- Sends what the file REQUESTS holds, a line each, over and over: a JSON document for /index or a path of /search.
-- Prints one line of JSON at the end.
local lines = {}

function init(args)
  wrk.headers["Host"] = wrk.host .. ":" .. wrk.port
  local typed = { ["Host"] = wrk.headers["Host"], ["Content-Type"] = "application/json" }
  for line in io.lines(os.getenv("REQUESTS")) do
    if line:sub(1, 1) == "{" then
      lines[#lines + 1] = wrk.format("POST", "/index", typed, line)
    else
      lines[#lines + 1] = wrk.format("GET", line)
    end
  end
end

local at = 0
function request()
  at = at + 1
  if at > #lines then at = 1 end
  return lines[at]
end

function done(summary, latency)
  local errors = summary.errors
  io.write(string.format(
    'RESULT {"requests":%d,"micros":%d,"p50Us":%d,"p99Us":%d,"bad":%d,"broken":%d}\n',
    summary.requests, summary.duration, latency:percentile(50), latency:percentile(99),
    errors.status, errors.connect + errors.read + errors.write + errors.timeout))
end
