import Base
import Glibc
import Testing

@Suite("Metrics of the process")
struct ProcessMetricsTests {
    /// A folder like /proc, removed at the end.
    private final class Proc {
        let path: String

        /// - Parameter files: the text of each by its path; nil for the folder itself.
        init(_ files: [String: String]) throws {
            var template = Array("/tmp/callboard-proc-XXXXXX".utf8CString)
            path = try #require(mkdtemp(&template).map { String(cString: $0) })
            for folder in ["self", "self/fd"] { try #require(mkdir("\(path)/\(folder)", 0o755) == 0) }
            for (name, text) in files {
                let file = try #require(fopen("\(path)/\(name)", "w"))
                fputs(text, file)
                fclose(file)
            }
        }

        /// Has no descriptors to count any more.
        func removeDescriptors() throws {
            for name in ["self/fd/0", "self/fd/1", "self/fd/7", "self/fd"] { Glibc.remove("\(path)/\(name)") }
        }

        deinit {
            for name in ["self/stat", "self/limits", "stat"] { Glibc.remove("\(path)/\(name)") }
            try? removeDescriptors()
            for name in ["/self", ""] { Glibc.remove(path + name) }
        }
    }

    private static let stat =
        "4711 (a (b) c) S 1 4711 4711 0 -1 4194560 9 0 0 0 120 30 5 5 20 0 9 0 250 8192000 100 184467440737095 1 1 0 0 0\n"

    private static let limits = """
        Limit                     Soft Limit           Hard Limit           Units
        Max cpu time              unlimited            unlimited            seconds
        Max open files            1024                 524288               files
        """

    private static func files(_ changes: [String: String] = [:]) -> [String: String] {
        [
            "stat": "cpu 1 2 3\nbtime 1700000000\nprocesses 9\n", "self/stat": stat, "self/limits": limits,
            "self/fd/0": "", "self/fd/1": "", "self/fd/7": "",
        ].merging(changes) { $1 }
    }

    private static func value(_ registry: MetricsRegistry, _ series: String) -> Double? {
        registry.exposition().split(separator: "\n").first { $0.hasPrefix(series + " ") }
            .flatMap { Double($0.dropFirst(series.count + 1)) }
    }

    @Test("they are what /proc says")
    func fields() throws {
        let proc = try Proc(Self.files())
        let registry = MetricsRegistry()
        ProcessMetrics(registry, version: "1.2.3", proc: proc.path).follow()
        let ticks = Double(sysconf(Int32(_SC_CLK_TCK)))
        #expect(Self.value(registry, "process_cpu_seconds_total") == 150 / ticks)
        #expect(Self.value(registry, "process_virtual_memory_bytes") == 8_192_000)
        #expect(Self.value(registry, "process_resident_memory_bytes") == 100 * Double(getpagesize()))
        #expect(Self.value(registry, "process_start_time_seconds") == 1_700_000_000 + 250 / ticks)
        #expect(Self.value(registry, "process_open_fds") == 3)
        #expect(Self.value(registry, "process_max_fds") == 1024)
        #expect(Self.value(registry, #"callboard_build_info{version="1.2.3"}"#) == 1)
    }

    @Test("no limit is infinite")
    func unlimited() throws {
        let proc = try Proc(Self.files(["self/limits": "Max open files   unlimited   unlimited   files\n"]))
        let registry = MetricsRegistry()
        ProcessMetrics(registry, version: "1", proc: proc.path).follow()
        #expect(registry.exposition().contains("\nprocess_max_fds +Inf\n"))
    }

    @Test("what cannot be read has no series, and what could be read before has none any more")
    func unreadable() throws {
        let proc = try Proc(Self.files(["self/stat": "4711 (short) S 1", "self/limits": "Max cpu time 1 1 s\n"]))
        let registry = MetricsRegistry()
        ProcessMetrics(registry, version: "1", proc: proc.path).follow()
        for name in ["resident_memory_bytes", "virtual_memory_bytes", "max_fds", "start_time_seconds"] {
            #expect(Self.value(registry, "process_\(name)") == nil, "\(name)")
        }
        #expect(Self.value(registry, "process_open_fds") == 3)
        try proc.removeDescriptors()
        #expect(Self.value(registry, "process_open_fds") == nil)
    }

    @Test("of this process they are plausible, and its processor time rises")
    func ourselves() throws {
        let registry = MetricsRegistry()
        ProcessMetrics(registry, version: "1").follow()
        let resident = try #require(Self.value(registry, "process_resident_memory_bytes"))
        #expect(resident > 1_000_000)
        #expect(try #require(Self.value(registry, "process_virtual_memory_bytes")) >= resident)
        #expect(try #require(Self.value(registry, "process_open_fds")) >= 3)
        var limit = rlimit()
        getrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &limit)
        #expect(Self.value(registry, "process_max_fds") == Double(limit.rlim_cur))
        let started = try #require(Self.value(registry, "process_start_time_seconds"))
        let age = Double(Timestamp.now().microseconds) / 1e6 - started
        #expect(age > -2 && age < 86_400)
        let before = try #require(Self.value(registry, "process_cpu_seconds_total"))
        let end = ContinuousClock.now + .seconds(60)
        while Self.value(registry, "process_cpu_seconds_total") == before, ContinuousClock.now < end {}
        #expect(try #require(Self.value(registry, "process_cpu_seconds_total")) > before)
    }
}
