import Glibc

struct CannotWrite: Error {}

/// Replaces a file's contents.
func write(_ text: String, to path: String) throws {
    guard let file = fopen(path, "w") else { throw CannotWrite() }
    defer { fclose(file) }
    let bytes = Array(text.utf8)
    guard fwrite(bytes, 1, bytes.count, file) == bytes.count else { throw CannotWrite() }
}

func remove(_ path: String) { _ = Glibc.unlink(path) }
