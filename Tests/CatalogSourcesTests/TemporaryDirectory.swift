import Glibc

/// A directory of this test's own, removed with everything in it when the test ends.
final class TemporaryDirectory: Sendable {
    let path: String

    init() throws {
        var template = Array("/tmp/callboard-catalog-XXXXXX".utf8CString)
        guard let created = mkdtemp(&template) else { throw FileTrouble(what: "mkdtemp") }
        path = String(cString: created)
    }

    deinit { Self.removeTree(path) }

    func write(_ name: String, _ text: String) throws {
        // Written beside and renamed: what editors and deployment tools do.
        let temporary = "\(path)/\(name).tmp"
        try append(temporary, text)
        guard rename(temporary, "\(path)/\(name)") == 0 else { throw FileTrouble(what: "rename \(name)") }
    }

    /// Adds to a file in place.
    func append(_ name: String, _ text: String) throws {
        guard let file = fopen(name.hasPrefix("/") ? name : "\(path)/\(name)", "a") else {
            throw FileTrouble(what: "open \(name)")
        }
        defer { fclose(file) }
        guard fputs(text, file) >= 0 else { throw FileTrouble(what: "write \(name)") }
    }

    func makeDirectory(_ name: String) throws {
        guard mkdir("\(path)/\(name)", 0o755) == 0 else { throw FileTrouble(what: "mkdir \(name)") }
    }

    func link(_ name: String, to target: String) throws {
        guard symlink(target, "\(path)/\(name)") == 0 else { throw FileTrouble(what: "symlink \(name)") }
    }

    func move(_ name: String, to other: String) throws {
        guard rename("\(path)/\(name)", "\(path)/\(other)") == 0 else { throw FileTrouble(what: "rename \(name)") }
    }

    func remove(_ name: String) {
        Self.removeTree("\(path)/\(name)")
    }

    private static func removeTree(_ path: String) {
        guard Glibc.remove(path) != 0, let directory = opendir(path) else { return }
        var names: [String] = []
        while let entry = readdir(directory) {
            let name = withUnsafePointer(to: &entry.pointee.d_name) { name in
                name.withMemoryRebound(to: CChar.self, capacity: 256) { String(cString: $0) }
            }
            if name != ".", name != ".." { names.append(name) }
        }
        closedir(directory)
        for name in names { removeTree("\(path)/\(name)") }
        _ = Glibc.remove(path)
    }
}

struct FileTrouble: Error {
    let what: String
    let number = errno
}
