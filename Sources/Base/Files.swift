internal import Glibc

/// A file could not be read.
package struct FileError: Error, CustomStringConvertible {
    package enum Code: String, Sendable { case notFound, unreadable, tooLarge }
    package let code: Code
    package let path: String
    package let detail: String

    package init(code: Code, path: String, detail: String) {
        self.code = code
        self.path = path
        self.detail = detail
    }

    package var description: String { "cannot read \(path): \(detail)" }
}

/// The path without symbolic links; nil when nothing is there. Blocks.
package func realPath(_ path: String) -> String? {
    guard let resolved = realpath(path, nil) else { return nil }
    defer { free(resolved) }
    return String(cString: resolved)
}

/// Reads a whole file. Blocks: for start-up, or on a thread of one's own.
///
/// - Parameter maximumBytes: a larger file is refused, so that a wrong path cannot fill the memory.
package func readFile(_ path: String, maximumBytes: Int = 64 << 20) throws(FileError) -> [UInt8] {
    let descriptor = open(path, O_RDONLY | O_CLOEXEC)
    guard descriptor >= 0 else { throw FileError(errno: errno, path: path) }
    defer { close(descriptor) }
    var bytes: [UInt8] = []
    while bytes.count <= maximumBytes {
        let start = bytes.count
        let space = min(max(64 << 10, start), maximumBytes + 1 - start)
        var count = 0
        bytes.append(
            contentsOf: [UInt8](unsafeUninitializedCapacity: space) { buffer, initialized in
                repeat { count = read(descriptor, buffer.baseAddress, space) } while count < 0 && errno == EINTR
                initialized = max(count, 0)
            })
        guard count >= 0 else { throw FileError(errno: errno, path: path) }
        if count == 0 { return bytes }
    }
    throw FileError(code: .tooLarge, path: path, detail: "larger than \(maximumBytes) bytes")
}

extension FileError {
    /// The failure that the C library reported.
    package init(errno number: Int32, path: String) {
        self.init(
            code: number == ENOENT || number == ENOTDIR ? .notFound : .unreadable, path: path, detail: errnoText(number)
        )
    }
}

/// The C library's text for an error number.
package func errnoText(_ number: Int32) -> String {
    String(cString: strerror(number))
}

/// The value of an environment variable; nil when it is not set.
package func environmentVariable(_ name: String) -> String? {
    getenv(name).map { String(cString: $0) }
}
