import Base
import Synchronization
import Testing

@Suite("Logging")
struct LoggerTests {
    private final class Lines: Sendable {
        private let kept = Mutex<[[UInt8]]>([])

        var all: [[UInt8]] { kept.withLock { $0 } }

        func logger(_ threshold: Logger.Level) -> Logger {
            Logger("test", threshold: threshold) { line in self.kept.withLock { $0.append(line) } }
        }
    }

    @Test("a message is one line of JSON with its fields, whatever they hold")
    func oneLine() throws {
        let lines = Lines()
        lines.logger(.info).info("a \"message\"\nof two lines", ["path": "/a\r\nb\u{0}", "count": 3, "none": nil])
        let line = try #require(lines.all.first)
        #expect(lines.all.count == 1)
        #expect(line.filter { $0 == 0x0A }.count == 1 && line.last == 0x0A)
        let json = try JSONValue(parsing: line)
        #expect(json.objectValue?.keys == ["time", "level", "logger", "message", "path", "count", "none"])
        #expect(json["level"] == "info" && json["logger"] == "test" && json["message"] == "a \"message\"\nof two lines")
        #expect(json["path"] == "/a\r\nb\u{0}" && json["count"] == 3 && json["none"] == .null)
        #expect(json["time"]?.stringValue.flatMap(Timestamp.init(rfc3339:)) != nil)
    }

    @Test("less severe lines than the threshold are dropped", arguments: Logger.Level.allCases)
    func threshold(level: Logger.Level) throws {
        let lines = Lines()
        let logger = lines.logger(level)
        logger.debug("debug")
        logger.info("info")
        logger.warning("warning")
        logger.error("error")
        let written = try lines.all.map { try JSONValue(parsing: $0)["level"]?.stringValue }
        #expect(written == Logger.Level.allCases.filter { $0 >= level }.map(\.rawValue))
    }

    @Test("fields of with() stand in every line, and the later one counts")
    func with() throws {
        let lines = Lines()
        let parent = lines.logger(.info)
        let child = parent.with(["a": 1, "b": 1]).with(["b": 2])
        child.info("child", ["a": 3])
        parent.info("parent")
        let json = try lines.all.map { try JSONValue(parsing: $0) }
        #expect(json.first?["a"] == 3 && json.first?["b"] == 2)
        #expect(json.last?["a"] == nil && json.last?["b"] == nil)
    }
}
