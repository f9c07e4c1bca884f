-- Sends one body under the headers of each customer in turn.
-- Arguments after `--`: the file of the body, the file of headers (a line for each customer: "name: value|name: value").

local requests, turn = {}, 0

local function read(path)
  local file = assert(io.open(path, "rb"))
  local content = file:read("*a")
  file:close()
  return content
end

function init(args)
  local body = read(args[1])
  for line in io.lines(args[2]) do
    local headers = { ["content-type"] = "application/json", ["accept"] = "application/json" }
    for name, value in line:gmatch("([^|:]+): ([^|]+)") do
      headers[name] = value
    end
    requests[#requests + 1] = wrk.format("POST", wrk.path, headers, body)
  end
end

function request()
  turn = turn % #requests + 1
  return requests[turn]
end

function done(summary, latency)
  local errors = summary.errors
  io.write(string.format(
    "BENCH %d %d %d %d %d\n",
    summary.requests,
    summary.duration,
    latency:percentile(50),
    latency:percentile(99),
    errors.connect + errors.read + errors.write + errors.status + errors.timeout
  ))
end
