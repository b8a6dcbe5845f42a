-- One line of JSON, in seconds, in place of wrk's own table.
done = function(summary, latency)
    local errors = summary.errors
    io.write(string.format(
        '\n{"requests": %d, "rate": %.3f, "bytes": %d, "median": %.6f, "high": %.6f, "worst": %.6f, "errors": %d}\n',
        summary.requests, summary.requests / summary.duration * 1e6,
        summary.requests > 0 and summary.bytes / summary.requests or 0,
        latency:percentile(50) / 1e6, latency:percentile(99) / 1e6, latency.max / 1e6,
        errors.connect + errors.read + errors.write + errors.status + errors.timeout))
end
