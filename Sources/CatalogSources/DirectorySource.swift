package import Base
internal import Glibc

/// Catalog files below a directory, or one such file. Looks at all of them every second: that finds every kind of
/// change on every kind of file system, atomic swaps of symbolic links (Kubernetes volumes, git-sync) included.
///
/// Below a directory every `*.yaml` and `*.yml` counts; names that begin with a dot, or are not UTF-8, are passed over.
/// Locations are `file:<absolute path>`.
package actor DirectorySource: CatalogSource {
    /// Largest catalog file that is read, in bytes.
    package static let maximumFileBytes = 16 << 20

    package nonisolated let id: SourceID
    /// The thread on which files are read.
    package nonisolated var unownedExecutor: UnownedSerialExecutor { executor.asUnownedSerialExecutor() }

    private let executor: ThreadExecutor
    private let root: String
    private let interval: Duration
    private let settling: Duration
    private var changes = FileChanges()
    private var watch: Task<Void, Never>?

    /// A source that reads nothing yet.
    ///
    /// - Parameters:
    ///   - path: a directory or a file; a relative one counts from the working directory.
    ///   - executor: a thread that may block; sources can share one.
    ///   - interval: between two looks at all files.
    ///   - settling: how long a file must stay the same before it is announced, so that half-written ones are not read.
    package init(
        path: String, executor: ThreadExecutor, interval: Duration = .seconds(1),
        settling: Duration = .milliseconds(100)
    ) {
        root = absolutePath(path)
        id = Self.id(of: path)
        self.executor = executor
        self.interval = interval
        self.settling = settling
    }

    /// What the source of a path is called.
    package static func id(of path: String) -> SourceID { SourceID(type: "file", target: absolutePath(path)) }

    package func start(onChange: @escaping @Sendable (CatalogSourceChange) -> Void) {
        guard watch == nil else { return }
        changes = FileChanges()
        watch = Task {
            while !Task.isCancelled {
                let pause = look(onChange)
                try? await Task.sleep(for: pause)
            }
        }
    }

    package func stop() {
        watch?.cancel()
        watch = nil
    }

    package func locations() throws -> Set<String> {
        Set(try scan().keys.map(location))
    }

    package func read(_ location: String) throws -> [UInt8]? {
        guard let path = path(of: location) else {
            throw CatalogSourceError(.foreignLocation, id, "\(location) is not a catalog file below \(root)")
        }
        do throws(FileError) {
            // Anything but a regular file is not listed either, and opening a pipe would wait for its writer.
            guard try FileFingerprint(following: path) != nil else { return nil }
            return try readFile(path, maximumBytes: Self.maximumFileBytes)
        } catch {
            guard error.code == .notFound else {
                throw CatalogSourceError(error.code == .tooLarge ? .tooLarge : .unreadable, id, error.description)
            }
            // A file that is gone below a root that is there was removed; without its root it is only out of sight.
            guard path != root, access(root, F_OK) == 0 else {
                throw CatalogSourceError(.unreadable, id, error.description)
            }
            return nil
        }
    }
}

extension DirectorySource {
    /// One look at all files. Announces what changed and says how long to wait before the next look.
    private func look(_ onChange: (CatalogSourceChange) -> Void) -> Duration {
        let step = changes.observe(try? scan())
        if step.listingChanged { onChange(.listing) }
        if !step.changed.isEmpty { onChange(.locations(Set(step.changed.map(location)))) }
        return step.isSettling ? min(settling, interval) : interval
    }

    private func scan() throws(CatalogSourceError) -> [String: FileFingerprint] {
        do throws(FileError) {
            return try DirectoryScan.files(below: root)
        } catch {
            throw CatalogSourceError(error.code == .tooLarge ? .tooLarge : .unreadable, id, error.description)
        }
    }

    private func location(_ path: String) -> String { "file:\(path)" }

    /// The path in a location that this source could have listed.
    private func path(of location: String) -> String? {
        guard location.hasPrefix("file:") else { return nil }
        let path = String(location.dropFirst(5))
        if path == root { return path }
        let base = root == "/" ? "/" : root + "/"
        guard path.hasPrefix(base) else { return nil }
        let names = path.dropFirst(base.count).split(separator: "/", omittingEmptySubsequences: false)
        let isListed = names.allSatisfy { !$0.isEmpty && !$0.hasPrefix(".") } && isCatalogFileName(names.last ?? "")
        return isListed ? path : nil
    }
}

/// Whether a file of this name is read when it lies in a catalog directory.
func isCatalogFileName(_ name: some StringProtocol) -> Bool {
    name.utf8.suffix(5).elementsEqual(".yaml".utf8) || name.utf8.suffix(4).elementsEqual(".yml".utf8)
}

/// Without `.` and repeated slashes; symbolic links stay as they are, because where they point may change.
private func absolutePath(_ path: String) -> String {
    var base = ""
    if !path.hasPrefix("/"), let directory = getcwd(nil, 0) {
        base = String(cString: directory) + "/"
        free(directory)
    }
    return "/" + (base + path).split(separator: "/").filter { $0 != "." }.joined(separator: "/")
}
