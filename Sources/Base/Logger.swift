internal import Glibc

/// Writes JSON lines to standard error: time, level, logger, message, then the fields. Secrets must never be given to it.
package struct Logger: Sendable {
    /// Least severe first.
    package enum Level: String, Sendable, CaseIterable, Comparable {
        case debug, info, warning, error

        package static func < (left: Self, right: Self) -> Bool { left.severity < right.severity }

        private var severity: Int {
            switch self {
            case .debug: 0
            case .info: 1
            case .warning: 2
            case .error: 3
            }
        }
    }

    private let label: String
    private let fields: JSONObject
    private let threshold: Level
    private let sink: @Sendable ([UInt8]) -> Void

    /// - Parameters:
    ///   - label: which part of the program speaks, such as `catalog`.
    ///   - threshold: less severe lines are dropped. Default: the level named in `LOG_LEVEL`, else `info`.
    ///   - sink: takes one line with its line break; standard error by default.
    package init(
        _ label: String, threshold: Level? = nil, sink: @escaping @Sendable ([UInt8]) -> Void = Logger.standardError
    ) {
        self.init(
            label: label, fields: [:],
            threshold: threshold ?? environmentVariable("LOG_LEVEL").flatMap { Level(rawValue: $0.lowercased()) }
                ?? .info,
            sink: sink)
    }

    private init(label: String, fields: JSONObject, threshold: Level, sink: @escaping @Sendable ([UInt8]) -> Void) {
        self.label = label
        self.fields = fields
        self.threshold = threshold
        self.sink = sink
    }

    /// A logger that adds these fields to each of its lines.
    package func with(_ more: JSONObject) -> Logger {
        var merged = fields
        for (key, value) in more { merged[key] = value }
        return Logger(label: label, fields: merged, threshold: threshold, sink: sink)
    }

    package func debug(_ message: String, _ fields: JSONObject = [:]) { log(.debug, message, fields) }
    package func info(_ message: String, _ fields: JSONObject = [:]) { log(.info, message, fields) }
    package func warning(_ message: String, _ fields: JSONObject = [:]) { log(.warning, message, fields) }
    package func error(_ message: String, _ fields: JSONObject = [:]) { log(.error, message, fields) }

    private func log(_ level: Level, _ message: String, _ more: JSONObject) {
        guard level >= threshold else { return }
        var line: JSONObject = [
            "time": .string(Timestamp.now().rfc3339), "level": .string(level.rawValue), "logger": .string(label),
            "message": .string(message),
        ]
        for (key, value) in fields { line[key] = value }
        for (key, value) in more { line[key] = value }
        sink(JSONValue.object(line).serialized() + [0x0A])
    }

    /// One write call for a line, so that lines of several threads do not mix.
    package static let standardError: @Sendable ([UInt8]) -> Void = { line in
        _ = write(STDERR_FILENO, line, line.count)
    }
}
