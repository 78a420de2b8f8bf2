import Base
import Glibc
import Testing

@Suite("Reading files")
struct FilesTests {
    @Test("a file is read whole", arguments: [0, 1, 65_535, 65_536, 65_537, 1_000_000])
    func whole(count: Int) throws {
        let bytes = (0..<count).map { UInt8(truncatingIfNeeded: $0 &* 31) }
        let file = try TemporaryFile(bytes)
        #expect(try readFile(file.path) == bytes)
    }

    @Test(
        "a file of exactly the permitted size is read, and one byte more is too much",
        arguments: [0, 10, 65_536, 100_000])
    func size(count: Int) throws {
        let fitting = try TemporaryFile(Array(repeating: 7, count: count))
        #expect(try readFile(fitting.path, maximumBytes: count).count == count)
        let larger = try TemporaryFile(Array(repeating: 7, count: count + 1))
        let error = #expect(throws: FileError.self) { try readFile(larger.path, maximumBytes: count) }
        #expect(error?.code == .tooLarge)
        #expect(error?.description == "cannot read \(larger.path): larger than \(count) bytes")
    }

    @Test(
        "what cannot be read says why",
        arguments: [
            ("/nowhere/at/all", FileError.Code.notFound), ("/etc/passwd/below", .notFound), ("/tmp", .unreadable),
            ("", .notFound),
            ("/dev/zero", .tooLarge),
        ])
    func failures(path: String, code: FileError.Code) {
        let error = #expect(throws: FileError.self) { try readFile(path, maximumBytes: 1 << 20) }
        #expect(error?.code == code && error?.path == path)
        #expect(error?.description.hasPrefix("cannot read \(path): ") == true)
    }

    @Test("an environment variable is its value, or nil")
    func environment() {
        setenv("CALLBOARD_BASE_TEST", "", 1)
        #expect(environmentVariable("CALLBOARD_BASE_TEST")?.isEmpty == true)
        unsetenv("CALLBOARD_BASE_TEST")
        #expect(environmentVariable("CALLBOARD_BASE_TEST") == nil)
    }
}

/// A file that lives as long as its value.
private final class TemporaryFile {
    let path: String

    init(_ bytes: [UInt8]) throws {
        var template = Array("/tmp/callboard-test-XXXXXX".utf8)
        template.append(0)
        let descriptor = template.withUnsafeMutableBytes { buffer in
            buffer.withMemoryRebound(to: CChar.self) { $0.baseAddress.map { mkstemp($0) } ?? -1 }
        }
        path = String(decoding: template.dropLast(), as: UTF8.self)
        try #require(descriptor >= 0)
        defer { close(descriptor) }
        try #require(write(descriptor, bytes, bytes.count) == bytes.count)
    }

    deinit { unlink(path) }
}
