import Base
import Testing

@Suite("Memory that nothing needs")
struct MemoryTests {
    /// What of the process's files is in its memory, in KiB.
    private func residentFiles() throws -> Int {
        let status = String(decoding: try readFile("/proc/self/status"), as: UTF8.self)
        let line = try #require(status.split(separator: "\n").first { $0.hasPrefix("RssFile:") })
        return try #require(
            line.split(whereSeparator: { $0 == "\t" || $0 == " " }).dropFirst().first.flatMap { Int($0) })
    }

    @Test("code that has run leaves the memory and is there again when it is called")
    func code() throws {
        let text = #"{"a":[1,2.5,"three"]}"#
        let read = try JSONValue(parsing: text).serialized()
        let before = try residentFiles()
        returnUnusedMemory()
        #expect(try residentFiles() < before / 2)
        #expect(try JSONValue(parsing: text).serialized() == read)
    }
}
