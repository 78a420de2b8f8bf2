package import Base
package import Catalog

/// Reads single locations that catalog entities name: URLs and, where that is allowed, files of this machine.
package actor TargetReader {
    /// Nil: URLs are not read.
    private let urls: (any URLReading)?
    /// Who reads URLs for sources of a type instead, by that type.
    private let others: [String: any URLReading]
    private var contents = URLContents()
    /// Keeps what was read beyond a restart; nil: it is forgotten with the process.
    private var keeping: (any EtagKeeping)?
    /// URLs that were read in the present period, and in the one before: others are not kept for longer.
    private var used: (now: Set<String>, before: Set<String>) = ([], [])
    private var periodBegan: ContinuousClock.Instant
    private let period: Duration
    private let now: @Sendable () -> ContinuousClock.Instant
    /// The thread on which files are read.
    package nonisolated var unownedExecutor: UnownedSerialExecutor { executor.asUnownedSerialExecutor() }
    private let executor: ThreadExecutor

    /// - Parameters:
    ///   - executor: a thread that may block; sources can share one.
    ///   - others: who reads URLs for sources of a type instead, by that type.
    ///   - period: what was not read for twice that long is kept no more.
    package init(
        urls: (any URLReading)?, others: [String: any URLReading] = [:], executor: ThreadExecutor,
        period: Duration = .seconds(21_600), now: @escaping @Sendable () -> ContinuousClock.Instant = { .now }
    ) {
        self.urls = urls
        self.others = others
        self.executor = executor
        self.period = period
        self.now = now
        periodBegan = now()
    }

    /// The source in whose name copies are kept: all that Location entities and placeholders name.
    package static let copies = SourceID(type: "location", target: "*")

    /// Has what is read kept with its etag, so that reading it again after a restart costs nothing. What cannot be kept is read
    /// all the same. The period begins anew: who stood by has read nothing, and others have kept what they read.
    package func keep(in keeping: any EtagKeeping) {
        self.keeping = keeping
        (used, periodBegan) = (([], []), now())
    }

    /// The bytes at a location; nil when nothing is there.
    ///
    /// - Parameters:
    ///   - location: `url:…` or `file:…`, as `RelativeLocation` makes them.
    ///   - place: what names it.
    /// - Throws: `CatalogSourceError` when it cannot be read now, or may not be.
    package func read(_ location: String, for place: Provenance, maximumBytes: Int) async throws -> [UInt8]? {
        let bytes: [UInt8]?
        if location.hasPrefix("file:") {
            bytes = try file(String(location.dropFirst("file:".count)), place, maximumBytes)
        } else {
            bytes = try await url(String(location.dropFirst("url:".count)), place)
        }
        guard bytes?.count ?? 0 <= maximumBytes else {
            throw CatalogSourceError(.tooLarge, Self.source(location), "is larger than \(maximumBytes) bytes")
        }
        return bytes
    }

    private static func source(_ location: String) -> SourceID {
        let parts = location.split(separator: ":", maxSplits: 1, omittingEmptySubsequences: false).map(String.init)
        let target = parts.count > 1 ? parts[1] : ""
        return parts[0] == "url" ? .url(target) : SourceID(type: parts[0], target: target)
    }

    private func file(_ path: String, _ place: Provenance, _ maximumBytes: Int) throws -> [UInt8]? {
        let source = SourceID(type: "file", target: path)
        guard let directory = place.readableDirectory, place.mayRead(file: path) else {
            throw CatalogSourceError(
                .unreadable, source,
                "may not be read: only catalog files of catalog.locations may name files, and only below the directory "
                    + "that is configured there")
        }
        do throws(FileError) {
            // A symbolic link may lead on within the directory, as those of mounted ConfigMaps and git-sync do, and no
            // further. What was looked at is what is read.
            let real = realPath(path)
            if let real, let top = realPath(directory), !real.hasPrefix(top == "/" ? "/" : top + "/") {
                throw FileError(code: .unreadable, path: path, detail: "leads out of the configured directory")
            }
            guard try FileFingerprint(following: real ?? path) != nil else {
                throw FileError(code: .unreadable, path: path, detail: "not a regular file")
            }
            return try readFile(real ?? path, maximumBytes: maximumBytes)
        } catch {
            if error.code == .notFound { return nil }
            throw CatalogSourceError(error.code == .tooLarge ? .tooLarge : .unreadable, source, error.detail)
        }
    }

    private func url(_ url: String, _ place: Provenance) async throws -> [UInt8]? {
        guard let urls = others[String(place.source.prefix { $0 != ":" })] ?? urls else {
            throw CatalogSourceError(
                .unreadable, .url(url), "no integration that reads URLs is configured")
        }
        let known = await known(url)
        let answer = try await urls.read(url, etag: known?.etag)
        await note(url)
        switch answer {
        case .unchanged:
            if let known { return known.bytes }
            throw CatalogSourceError(
                .unreadable, .url(url), "unchanged since it was read, and it was not")
        case .content(let bytes, let etag):
            contents.keep(bytes, etag: etag, of: url)
            if let etag, bytes.count <= Self.maximumKept {
                try? await keeping?.keep(EtaggedCopy(etag: etag, content: bytes), of: url, for: Self.copies)
            }
            return bytes
        case .missing:
            contents.forget(url)
            return nil
        }
    }

    /// Longer contents are not kept beyond a restart, in bytes.
    private static let maximumKept = 1 << 20

    private func known(_ url: String) async -> (bytes: [UInt8], etag: String)? {
        if let known = contents[url] { return known }
        guard let copy = try? await keeping?.copy(of: url, for: Self.copies), !copy.etag.isEmpty else { return nil }
        contents.keep(copy.content, etag: copy.etag, of: url)
        return (copy.content, copy.etag)
    }

    /// Now and then forgets what is read no more.
    private func note(_ url: String) async {
        used.now.insert(url)
        guard let keeping, now() - periodBegan >= period else { return }
        let kept = used.now.union(used.before)
        (used, periodBegan) = (([], used.now), now())
        try? await keeping.forget(allBut: kept, for: Self.copies)
    }
}

/// What was read of URLs, as long as an etag saves reading it again. The longest unused go first when it is too much.
struct URLContents {
    static let maximumBytes = 32 << 20

    private struct Entry {
        let bytes: [UInt8]
        let etag: String
        var used: UInt64
    }

    private var entries: [String: Entry] = [:]
    private(set) var bytes = 0
    private var uses: UInt64 = 0

    subscript(url: String) -> (bytes: [UInt8], etag: String)? {
        mutating get {
            uses += 1
            entries[url]?.used = uses
            return entries[url].map { ($0.bytes, $0.etag) }
        }
    }

    mutating func keep(_ content: [UInt8], etag: String?, of url: String) {
        forget(url)
        guard let etag, content.count <= Self.maximumBytes / 8 else { return }
        uses += 1
        entries[url] = Entry(bytes: content, etag: etag, used: uses)
        bytes += content.count
        guard bytes > Self.maximumBytes else { return }
        // A quarter at once, so that the sorting is paid for by many calls.
        for (oldest, _) in entries.sorted(by: { $0.value.used < $1.value.used }) {
            guard bytes > Self.maximumBytes / 4 * 3 else { return }
            forget(oldest)
        }
    }

    mutating func forget(_ url: String) {
        guard let entry = entries.removeValue(forKey: url) else { return }
        bytes -= entry.bytes.count
    }
}
