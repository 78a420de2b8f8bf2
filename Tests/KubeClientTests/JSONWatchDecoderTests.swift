import Base
import TestSupport
import Testing

@testable import KubeClient

@Suite("Watch decoder for JSON")
struct JSONWatchDecoderTests {
    private let text = """
        {"type":"ADDED","object":{"kind":"Thing","metadata":{"name":"eins \\"é🌳\\n\\"","resourceVersion":"1"}}}
        {"object":{"kind":"Thing","metadata":{"name":"two","resourceVersion":"2"}},"type":"MODIFIED"}\r

        {"type":"BOOKMARK","object":{"kind":"Thing","metadata":{"resourceVersion":"9","creationTimestamp":null,\
        "annotations":{"k8s.io/initial-events-end":"true"}},"spec":{"containers":null},"status":{}}}
        {"type":"LATER","object":{"metadata":{"name":"three"}}}
        {"type":"DELETED","object":{"metadata":{"name":"two","resourceVersion":"11"}}}
        {"type":"ERROR","object":{"kind":"Status","message":"too old","reason":"Expired","code":410}}
        {"kind":"Status","apiVersion":"v1","status":"Failure","reason":"InternalError","code":500}

        """

    private let expected = [
        "added eins \"é🌳\n\" 1", "modified two 2", "bookmark 9 end", "unknown(\"LATER\") three ", "deleted two 11",
        "error 410", "error 500",
    ]

    private func decode(_ chunks: [some Collection<UInt8>]) throws -> [String] {
        var decoder = JSONWatchDecoder()
        var events: [String] = []
        let note = { (event: WatchEvent) throws in
            guard case .json(let object) = event.object else { return }
            switch event.type {
            case .error: events.append("error \(try Status(from: event.object).code)")
            case .bookmark:
                let bookmark = try Bookmark(from: event.object)
                events.append("bookmark \(bookmark.resourceVersion)\(bookmark.endsInitialEvents ? " end" : "")")
            default:
                let meta = object["metadata"]
                let (name, version) = (meta?["name"]?.stringValue, meta?["resourceVersion"]?.stringValue)
                events.append("\(event.type) \(name ?? "") \(version ?? "")")
            }
        }
        for chunk in chunks { try Array(chunk).withUnsafeBytes { try decoder.feed($0, event: note) } }
        try decoder.finish(event: note)
        return events
    }

    @Test("a watch is the same however its bytes are cut in two, also inside characters and escapes")
    func everySplit() throws {
        let bytes = Array(text.utf8)
        for cut in 0...bytes.count {
            #expect(try decode([bytes[..<cut], bytes[cut...]]) == expected, "cut at \(cut)")
        }
    }

    @Test("a watch is the same byte by byte and in chunks of any size", arguments: [1, 2, 5, 100])
    func chunkSizes(size: Int) throws {
        let bytes = Array(text.utf8)
        let chunks = stride(from: 0, to: bytes.count, by: size).map { bytes[$0..<min($0 + size, bytes.count)] }
        #expect(try decode(chunks) == expected)
    }

    @Test("a last line without its break counts when it is whole, and says nothing when it is cut")
    func lastLine() throws {
        let line = Array(#"{"type":"ADDED","object":{"metadata":{"name":"a","resourceVersion":"1"}}}"#.utf8)
        #expect(try decode([line]) == ["added a 1"])
        for cut in 0..<line.count { #expect(try decode([line[..<cut]]).isEmpty, "cut at \(cut)") }
    }

    @Test(
        "a line that is no event is refused",
        arguments: ["<html>", "{}", #"{"type":"ADDED"}"#, #"{"type":"ADDED","object":null}"#, "[1]", #"{"a":1}"#])
    func noEvent(line: String) {
        #expect(throws: (any Error).self) { try decode([Array((line + "\n").utf8)]) }
    }

    @Test("a large object passes, a line of impossible length is refused while it comes")
    func large() throws {
        let value = String(repeating: "x", count: 2 << 20)
        let line = #"{"type":"ADDED","object":{"metadata":{"name":"a","resourceVersion":"1"},"v":"\#(value)"}}"# + "\n"
        let bytes = Array(line.utf8)
        let chunks = stride(from: 0, to: bytes.count, by: 65_536).map { bytes[$0..<min($0 + 65_536, bytes.count)] }
        #expect(try decode(chunks) == ["added a 1"])
        let endless = [[UInt8]](repeating: [UInt8](repeating: 0x61, count: 1 << 20), count: 33)
        let error = #expect(throws: JSONStreamError.self) { try decode(endless) }
        #expect(error?.code == .tooLarge)
    }

    @Test("garbage never crashes it", arguments: 0..<300)
    func garbage(seed: Int) {
        var generator = SeededRandom(seed: UInt64(seed))
        var bytes = Array(text.utf8)
        for _ in 0..<Int.random(in: 1...6, using: &generator) {
            bytes[Int.random(in: 0..<bytes.count, using: &generator)] = UInt8.random(in: 0...255, using: &generator)
        }
        _ = try? decode([bytes])
    }
}
