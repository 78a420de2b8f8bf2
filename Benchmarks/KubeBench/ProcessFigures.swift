import Base
import Glibc

/// What this process has used until now.
enum ProcessFigures {
    /// User and system, of all threads.
    static var processorSeconds: Double {
        var time = timespec()
        clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &time)
        return Double(time.tv_sec) + Double(time.tv_nsec) / 1e9
    }

    /// Resident memory now and at its highest, and how much of it belongs to no file: heap and stacks.
    static func memory() -> JSONObject {
        [
            "residentMB": megabytes(kilobytes("VmRSS")), "peakMB": megabytes(kilobytes("VmHWM")),
            "heapMB": megabytes(kilobytes("RssAnon")),
        ]
    }

    private static func kilobytes(_ field: String) -> Double {
        let status = (try? readFile("/proc/self/status", maximumBytes: 1 << 16)) ?? []
        let line = String(decoding: status, as: UTF8.self).split(separator: "\n").first { $0.hasPrefix(field + ":") }
        return line?.split(whereSeparator: { $0 == " " || $0 == "\t" }).dropFirst().first.flatMap { Double($0) } ?? 0
    }

    private static func megabytes(_ kilobytes: Double) -> JSONValue { .double((kilobytes / 1024 * 10).rounded() / 10) }
}

extension Duration {
    var inSeconds: Double { self / .seconds(1) }
}
