internal import Glibc

/// What this process is and uses, under the names that Prometheus' client libraries give it. Read from /proc before each
/// exposition, which waits for no device.
package struct ProcessMetrics: Sendable {
    private let registry: MetricsRegistry
    private let proc: String
    private let cpu: Counter
    private let resident: Gauge
    private let virtual: Gauge
    private let openFiles: Gauge
    private let maximumFiles: Gauge
    private let startTime: Gauge
    private let totals = SourceTotals()

    /// - Parameters:
    ///   - version: of the program.
    ///   - proc: where the proc file system is.
    package init(_ registry: MetricsRegistry, version: String, proc: String = "/proc") {
        self.registry = registry
        self.proc = proc
        cpu = registry.counter("process_cpu_seconds_total", help: "User and system CPU time spent.")
        resident = registry.gauge("process_resident_memory_bytes", help: "Memory in RAM.")
        virtual = registry.gauge("process_virtual_memory_bytes", help: "Address space.")
        openFiles = registry.gauge("process_open_fds", help: "Open file descriptors.")
        maximumFiles = registry.gauge("process_max_fds", help: "How many file descriptors may be open.")
        startTime = registry.gauge(
            "process_start_time_seconds", help: "When the process began, in seconds since 1970.")
        registry.gauge("callboard_build_info", help: "1, with the version of the program.", labels: ["version"])
            .set(1, [version])
    }

    /// Brings the values up to date before each exposition from now on.
    package func follow() {
        // Once: the kernel's time of boot moves a little whenever the clock is set.
        set(startTime, startedAt())
        registry.beforeExposition {
            update()
            return true
        }
    }

    private func update() {
        let usage = status()
        if let seconds = usage?.cpuSeconds { totals.report(seconds, to: cpu) }
        set(resident, usage?.residentBytes)
        set(virtual, usage?.virtualBytes)
        set(openFiles, openFileCount())
        set(maximumFiles, fileLimit())
    }

    /// A value that cannot be read has no series: zero would be a lie.
    private func set(_ gauge: Gauge, _ value: Double?) {
        if let value { gauge.set(value) } else { gauge.remove() }
    }
}

// MARK: The files, as proc(5) describes them

extension ProcessMetrics {
    private struct Status {
        let cpuSeconds: Double
        let virtualBytes: Double
        let residentBytes: Double
        /// Since the boot.
        let startSeconds: Double
    }

    private func status() -> Status? {
        // The name of the program stands in parentheses and may hold spaces and parentheses itself.
        guard let text = text("self/stat"), let end = text.lastIndex(of: ")") else { return nil }
        let fields = text[text.index(after: end)...].split(separator: " ").map { Double($0) }
        // The first of these is the third of the file.
        func field(_ number: Int) -> Double? { number - 3 < fields.count ? fields[number - 3] : nil }
        guard let user = field(14), let system = field(15), let start = field(22), let virtual = field(23),
            let pages = field(24)
        else { return nil }
        let ticks = Double(sysconf(Int32(_SC_CLK_TCK)))
        return Status(
            cpuSeconds: (user + system) / ticks, virtualBytes: virtual,
            residentBytes: pages * Double(sysconf(Int32(_SC_PAGESIZE))), startSeconds: start / ticks)
    }

    private func startedAt() -> Double? {
        guard let boot = line("stat", "btime ").flatMap({ Double($0) }), let status = status() else { return nil }
        return boot + status.startSeconds
    }

    /// The soft limit, which is the first of the line's columns.
    private func fileLimit() -> Double? {
        guard let limit = line("self/limits", "Max open files")?.split(separator: " ").first else { return nil }
        return limit == "unlimited" ? .infinity : Double(limit)
    }

    private func openFileCount() -> Double? {
        guard let directory = opendir("\(proc)/self/fd") else { return nil }
        defer { closedir(directory) }
        var count = 0
        while readdir(directory) != nil { count += 1 }
        // Without "." and "..".
        return Double(count - 2)
    }

    /// What follows the prefix in the first line that has it.
    private func line(_ path: String, _ prefix: String) -> Substring? {
        text(path)?.split(separator: "\n").first { $0.hasPrefix(prefix) }?.dropFirst(prefix.count)
    }

    private func text(_ path: String) -> String? {
        (try? readFile("\(proc)/\(path)", maximumBytes: 4 << 20)).map { String(decoding: $0, as: UTF8.self) }
    }
}
