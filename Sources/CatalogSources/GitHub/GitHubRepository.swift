internal import Base

/// A repository as a listing tells of it.
struct GitHubRepository: Sendable, Hashable {
    /// `owner/name`.
    let fullName: String
    /// Nil: it has none, and so no files.
    let defaultBranch: String?
    let topics: Set<String>
    /// `public`, `private` or `internal`.
    let visibility: String
    let isArchived: Bool
    let isFork: Bool
    /// When somebody last pushed to any of its branches; nil: not told.
    let pushedAt: Timestamp?
    /// In KiB as GitHub last counted them: a small repository may have none, an empty one has none.
    let size: Int64?

    var name: String { String(fullName.split(separator: "/").last ?? "") }
    var owner: String { String(fullName.split(separator: "/").first ?? "") }

    /// Nil when this is no repository.
    init?(_ document: JSONValue) {
        guard let fullName = document["full_name"]?.stringValue, fullName.split(separator: "/").count == 2 else {
            return nil
        }
        self.fullName = fullName
        defaultBranch = document["default_branch"]?.stringValue.flatMap { $0.isEmpty ? nil : $0 }
        topics = Set((document["topics"]?.arrayValue ?? []).compactMap(\.stringValue))
        let isPrivate = document["private"]?.boolValue ?? false
        visibility = document["visibility"]?.stringValue?.lowercased() ?? (isPrivate ? "private" : "public")
        isArchived = document["archived"]?.boolValue ?? false
        isFork = document["fork"]?.boolValue ?? false
        size = document["size"]?.intValue
        pushedAt = document["pushed_at"]?.stringValue.flatMap(Timestamp.init(rfc3339:))
    }
}
