internal import Base
internal import Glibc

/// What tells one state of a file from another without reading it.
struct FileFingerprint: Hashable {
    let device: UInt
    let inode: UInt
    let size: Int
    /// Content and inode change times, in nanoseconds since 1970.
    let modified: Int
    let changed: Int

    init(device: UInt, inode: UInt, size: Int, modified: Int, changed: Int) {
        self.device = device
        self.inode = inode
        self.size = size
        self.modified = modified
        self.changed = changed
    }

    /// Of a file that cannot be looked at; differs from any real one.
    init(unreadable error: Int32) {
        self.init(device: 0, inode: 0, size: -1, modified: Int(error), changed: 0)
    }

    /// Of the file that a path leads to; nil when that is no regular file.
    init?(following path: String) throws(FileError) {
        var status = stat()
        guard stat(path, &status) == 0 else { throw FileError(errno: errno, path: path) }
        self.init(status)
    }

    /// Nil when it is no regular file.
    init?(_ status: stat) {
        guard status.st_mode & S_IFMT == S_IFREG else { return nil }
        self.init(
            device: status.st_dev, inode: status.st_ino, size: status.st_size,
            modified: status.st_mtim.tv_sec * 1_000_000_000 + status.st_mtim.tv_nsec,
            changed: status.st_ctim.tv_sec * 1_000_000_000 + status.st_ctim.tv_nsec)
    }
}

/// One recursive look at a directory's catalog files. Blocks.
struct DirectoryScan {
    /// Bounds against a path that was set by mistake, such as `/`.
    static let maximumEntries = 200_000
    static let maximumBytes = 1 << 30
    private static let maximumDepth = 64

    private var files: [String: FileFingerprint] = [:]
    private var entries = 0
    private var bytes = 0
    /// The directories that lead to the current one: a symbolic link to one of them is a circle.
    private var ancestors: [Identity] = []

    private struct Identity: Equatable {
        let device: UInt
        let inode: UInt
    }

    /// The catalog files by path. A root that is a file is the only one, whatever its name.
    ///
    /// - Throws: when the root is missing, when any directory below it cannot be read, or when there is too much: an
    ///   incomplete list would look as if files had been removed.
    static func files(below root: String) throws(FileError) -> [String: FileFingerprint] {
        if let file = try FileFingerprint(following: root) { return [root: file] }
        var scan = DirectoryScan()
        try scan.visit(root)
        return scan.files
    }

    private mutating func visit(_ path: String) throws(FileError) {
        guard let directory = opendir(path) else { throw FileError(errno: errno, path: path) }
        defer { closedir(directory) }
        var status = stat()
        guard fstat(dirfd(directory), &status) == 0 else { throw FileError(errno: errno, path: path) }
        let identity = Identity(device: status.st_dev, inode: status.st_ino)
        guard !ancestors.contains(identity) else { return }
        ancestors.append(identity)
        defer { ancestors.removeLast() }
        try check(ancestors.count <= Self.maximumDepth, "nested more than \(Self.maximumDepth) directories deep", path)

        let base = path == "/" ? "/" : path + "/"
        while let entry = try Self.nextEntry(directory, path) {
            entries += 1
            try check(entries <= Self.maximumEntries, "more than \(Self.maximumEntries) files and directories", path)
            guard let name = entry.name, name.utf8.first != UInt8(ascii: ".") else { continue }
            try visit(entry, named: name, path: base + name, in: dirfd(directory))
        }
    }

    private mutating func visit(
        _ entry: Entry, named name: String, path: String, in directory: Int32
    ) throws(FileError) {
        let isCandidate = isCatalogFileName(name)
        // Most other files need no look: they are neither listed nor entered.
        guard isCandidate || entry.type != DT_REG else { return }
        var status = stat()
        guard fstatat(directory, name, &status, 0) == 0 else {
            // Otherwise it went meanwhile, or is a link to nothing. What cannot be looked at is listed: reading it says why.
            if isCandidate, errno != ENOENT, errno != ENOTDIR { files[path] = FileFingerprint(unreadable: errno) }
            return
        }
        if status.st_mode & S_IFMT == S_IFDIR {
            try enter(path)
        } else if isCandidate, let file = FileFingerprint(status) {
            files[path] = file
            bytes += file.size
            try check(bytes <= Self.maximumBytes, "more than \(Self.maximumBytes) bytes in catalog files", path)
        }
    }

    /// A directory that went between being listed and being read holds nothing.
    private mutating func enter(_ path: String) throws(FileError) {
        do throws(FileError) {
            try visit(path)
        } catch {
            guard error.code == .notFound else { throw error }
        }
    }

    private func check(_ condition: Bool, _ problem: String, _ path: String) throws(FileError) {
        guard condition else { throw FileError(code: .tooLarge, path: path, detail: problem) }
    }
}

extension DirectoryScan {
    private struct Entry {
        /// Nil when it is not UTF-8.
        let name: String?
        /// `DT_UNKNOWN` on file systems that do not tell.
        let type: Int
    }

    /// Nil at the end.
    private static func nextEntry(_ directory: OpaquePointer, _ path: String) throws(FileError) -> Entry? {
        errno = 0
        guard let entry = readdir(directory) else {
            guard errno == 0 else { throw FileError(errno: errno, path: path) }
            return nil
        }
        // The struct declares 256 bytes of name, but only as many as the name needs are there: it is read in place.
        let offset = MemoryLayout<dirent>.offset(of: \.d_name) ?? 0
        let name = UnsafeRawPointer(entry).advanced(by: offset).assumingMemoryBound(to: CChar.self)
        return Entry(name: String(validatingCString: name), type: Int(entry.pointee.d_type))
    }
}
