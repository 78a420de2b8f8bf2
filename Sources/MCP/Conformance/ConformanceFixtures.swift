import Base
import Synchronization

/// What the protocol's conformance suite expects of a server that it tests: tools, prompts and resources of fixed names. They
/// say nothing of the catalog and are there for tests alone (`--conformance-fixtures`).
final class ConformanceFixtures: Sendable {
    /// What the two triggers change.
    struct Extras {
        var tool = false
        var prompt = false
    }

    let extras = Mutex(Extras())
    let announcements = Announcements()
    let clock: any Clock<Duration>
    private let tools: [Tool]
    private let extraTool: [Tool]

    init(clock: any Clock<Duration>) {
        self.clock = clock
        let logger = Logger("conformance")
        tools = Tool.usable(Self.definitions, logger: logger)
        extraTool = Tool.usable([Self.tool("test_dynamic_tool", "Comes and goes.")], logger: logger)
    }

    var listedTools: [Tool] { extras.withLock { $0.tool } ? tools + extraTool : tools }

    /// Whether a tool is one of these, so that it is not looked for elsewhere.
    static func owns(tool name: String) -> Bool { name.hasPrefix("test_") || name == "json_schema_2020_12_tool" }

    /// The smallest PNG: one transparent pixel.
    static let image =
        "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg=="

    /// A WAV file of no samples.
    static let audio = "UklGRiQAAABXQVZFZm10IBAAAAABAAEAQB8AAEAfAAABAAgAZGF0YQAAAAA="
}

/// Tells several readers of changes; each has a bounded stream of its own.
final class Announcements: Sendable {
    private let readers = Mutex<(last: Int, open: [Int: AsyncStream<MCPChange>.Continuation])>((0, [:]))

    func stream() -> AsyncStream<MCPChange> {
        let (stream, continuation) = AsyncStream.makeStream(
            of: MCPChange.self, bufferingPolicy: .bufferingNewest(64))
        let number = readers.withLock { readers in
            readers.last += 1
            readers.open[readers.last] = continuation
            return readers.last
        }
        continuation.onTermination = { [weak self] _ in
            _ = self?.readers.withLock { $0.open.removeValue(forKey: number) }
        }
        return stream
    }

    func tell(_ change: MCPChange) {
        for reader in readers.withLock({ Array($0.open.values) }) { reader.yield(change) }
    }
}
