import Base
import Synchronization
import Testing

@testable import KubeClient

@Suite("Warnings of the server")
struct ServerWarningsTests {
    @Test(
        "the texts of warnings with code 299 are taken",
        arguments: [
            (#"299 - "old version""#, ["old version"]),
            (
                #"299 - "a \"b\", c", 299 - "d" "Thu, 01 Jan 1970 00:00:00 GMT", 299 host:80 "e""#,
                [#"a "b", c"#, "d", "e"]
            ),
            (#"110 - "stale", 299 - "kept""#, ["kept"]),
            (#"299 - "unfinished"#, []), ("299 -", []), ("garbage", []), ("", []), (#"299 - "ends with \"#, []),
        ])
    func parsing(field: String, texts: [String]) { #expect(ServerWarnings.texts(of: field) == texts) }

    @Test("each text is logged once, and what is remembered is bounded")
    func once() {
        let lines = Mutex<[String]>([])
        let warnings = ServerWarnings(
            Logger("test", sink: { line in lines.withLock { $0.append(String(decoding: line, as: UTF8.self)) } }))
        let request = KubernetesRequest("GET", "/apis/old", query: [("labelSelector", "hidden")])
        func warn(_ text: String) { warnings.read(["Warning": "299 - \"\(text)\""], of: request) }
        for _ in 0..<3 { warn("deprecated") }
        #expect(lines.withLock { $0.count } == 1)
        #expect(lines.withLock { $0[0].contains(#""warning":"deprecated","request":"GET /apis/old""#) })
        for number in 0..<499 { warn("text \(number)") }
        #expect(lines.withLock { $0.count } == 500)
        // The memory is full: it starts anew.
        warn("one more")
        warn("deprecated")
        #expect(lines.withLock { $0.count } == 502)
    }
}
