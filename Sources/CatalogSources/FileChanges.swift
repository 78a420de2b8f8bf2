/// Decides which files to announce from one look at all files to the next. Pure: no I/O, no clock.
///
/// A change is announced when two looks in a row see the same: a file that is being written is not read half-way, and a
/// change within one tick of the file system's clock cannot hide behind an earlier one.
struct FileChanges {
    /// What one look led to.
    struct Step: Equatable {
        /// Paths to announce.
        var changed: Set<String> = []
        /// The directory became readable or unreadable, or was seen for the first time.
        var listingChanged = false
        /// Changes wait to be seen once more; look again soon.
        var isSettling = false
    }

    /// A file that never rests is announced after this many looks all the same.
    static let maximumLooks = 5

    /// As announced; nil: not readable.
    private var known: [String: FileFingerprint]?
    private var pending: [String: Pending] = [:]
    private var isFirst = true

    private struct Pending {
        /// Nil: the file was gone.
        var fingerprint: FileFingerprint?
        var looks: Int
    }

    /// Takes in one look.
    ///
    /// - Parameter files: nil when they could not be listed.
    mutating func observe(_ files: [String: FileFingerprint]?) -> Step {
        defer { isFirst = false }
        guard let known, let files else {
            let step = Step(listingChanged: isFirst || (known == nil) != (files == nil))
            known = files
            pending = [:]
            return step
        }
        var step = Step()
        var stillPending: [String: Pending] = [:]
        for path in differences(known, files) {
            let fingerprint = files[path]
            let looks = pending[path].map { $0.looks + 1 } ?? 1
            let hasSettled = pending[path].map { $0.fingerprint == fingerprint } ?? false
            if hasSettled || looks >= Self.maximumLooks {
                step.changed.insert(path)
                self.known?[path] = fingerprint
            }
            if !hasSettled { stillPending[path] = Pending(fingerprint: fingerprint, looks: looks % Self.maximumLooks) }
        }
        pending = stillPending
        step.isSettling = !pending.isEmpty
        return step
    }

    /// The paths that differ from what was announced, and those that were announced before they had settled.
    private func differences(_ known: [String: FileFingerprint], _ files: [String: FileFingerprint]) -> Set<String> {
        var paths = Set(pending.keys)
        for (path, fingerprint) in files where known[path] != fingerprint { paths.insert(path) }
        for path in known.keys where files[path] == nil { paths.insert(path) }
        return paths
    }
}
