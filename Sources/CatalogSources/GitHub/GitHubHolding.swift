internal import Base

/// What a repository held when it was looked at.
struct GitHubHolding: Sendable, Hashable {
    /// What it depended on; nil: not known well enough to go by it, so the next look reads again.
    var state: String?
    /// Where the catalog files are.
    private(set) var paths: [String] = []
    private(set) var urls: [String] = []
    let checkedAt: Timestamp

    init(state: String?, checkedAt: Timestamp) {
        self.state = state
        self.checkedAt = checkedAt
    }

    mutating func add(_ path: String, _ url: String) {
        paths.append(path)
        urls.append(url)
    }

    /// A push is taken to be over when it is that old, in seconds: GitHub tells whole seconds, and its clock is not ours.
    private static let settlingSeconds: Int64 = 300
    /// Files are asked for that often even if nothing seems to have been pushed, in seconds. With an etag it is free.
    private static let recheckSeconds = 3_600.0

    /// A text that is the same as long as the repository's catalog files are: the latest push to any of its branches, the
    /// branch that is read, and what is looked for. Nil when that cannot be told.
    static func state(
        of repository: GitHubRepository, _ branch: String, _ pattern: GitHubPathPattern, now: Timestamp
    ) -> String? {
        guard let pushedAt = repository.pushedAt, pushedAt.adding(seconds: settlingSeconds) < now else { return nil }
        return "\(pushedAt.rfc3339) \(branch) \(pattern)"
    }

    /// Whether nothing needs to be asked.
    func stillHolds(_ state: String?, now: Timestamp) -> Bool {
        guard let state, state == self.state else { return false }
        return urls.isEmpty || now.secondsSince(checkedAt) < Self.recheckSeconds
    }

    /// As it is kept beyond a restart: the paths, each on a line.
    var record: [UInt8] { Array(paths.joined(separator: "\n").utf8) }

    static func paths(ofRecord record: [UInt8]) -> [String] {
        String(decoding: record, as: UTF8.self).split(separator: "\n").map(String.init)
    }
}
