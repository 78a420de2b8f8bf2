internal import Base

/// A file in a repository at a branch, tag or commit.
struct GitHubPlace: Sendable, Hashable {
    /// `owner/name`.
    let repository: String
    let ref: String
    /// Without a slash at its beginning; empty for the repository's root.
    let path: String

    /// The path as it stands in a URL.
    var encodedPath: String { Self.encoded(path) }

    /// The URL under which people see the file. A slash within the ref is encoded, since nobody could tell where the
    /// ref ends.
    func url(on host: String) -> String {
        "https://\(host)/\(Self.encoded(repository))/blob/\(percentEncoded(ref))/\(encodedPath)"
    }

    /// Each segment encoded for itself.
    static func encoded(_ path: String) -> String {
        path.split(separator: "/", omittingEmptySubsequences: false).map { percentEncoded(String($0)) }
            .joined(separator: "/")
    }
}

/// A URL that names no file on GitHub; says what was expected.
struct GitHubURLProblem: Error, Hashable {
    let detail: String
}

extension GitHubPlace {
    private static let expectation =
        "expected a URL such as https://github.com/<owner>/<repository>/blob/<branch, tag or commit>/<path>"

    /// Reads a URL of people's pages (`blob`, `tree`, `raw`) or of raw files.
    ///
    /// - Returns: nil when the URL belongs to another host.
    /// - Throws: when it belongs to this one and names no file.
    init?(_ url: String, on host: GitHubHost) throws(GitHubURLProblem) {
        guard let parts = URLParts(url) else { return nil }
        // First, since raw files may lie below a path of the same host.
        if let raw = host.rawBaseURL.flatMap(URLParts.init), parts.authority == raw.authority,
            parts.segments.starts(with: raw.segments)
        {
            let rest = Array(parts.segments.dropFirst(raw.segments.count))
            guard rest.count > 3 else { throw GitHubURLProblem(detail: Self.expectation) }
            try self.init(repository: Array(rest.prefix(2)), refAndPath: rest.dropFirst(2))
        } else if parts.authority == host.name {
            try self.init(page: parts)
        } else {
            return nil
        }
    }

    private init(page parts: URLParts) throws(GitHubURLProblem) {
        let segments = parts.segments
        guard segments.count > 3, ["blob", "tree", "raw"].contains(segments[2]) else {
            throw GitHubURLProblem(detail: Self.expectation)
        }
        try self.init(repository: Array(segments.prefix(2)), refAndPath: segments.dropFirst(3))
    }

    private init(repository: [String], refAndPath: ArraySlice<String>) throws(GitHubURLProblem) {
        // GitHub writes refs/heads/<branch> where a branch and a tag have the same name.
        let isFull = refAndPath.count > 2 && refAndPath.first == "refs"
        let ref = refAndPath.prefix(isFull ? 3 : 1)
        let path = Array(refAndPath.dropFirst(ref.count))
        // A slash may have been encoded, and then come apart on the way.
        let pieces = (repository + refAndPath).flatMap { $0.split(separator: "/") }
        guard !pieces.contains(where: { $0 == "." || $0 == ".." }), !repository.contains(where: { $0.contains("/") })
        else {
            throw GitHubURLProblem(detail: "expected a path without . and ..")
        }
        self.init(
            repository: repository.joined(separator: "/"), ref: ref.joined(separator: "/"),
            path: path.joined(separator: "/"))
    }
}

/// The parts of an `http` or `https` URL that tell where a file is.
struct URLParts {
    /// Host and port, lower case.
    let authority: String
    /// `http` or `https`.
    let scheme: String
    /// Decoded; empty ones are left out.
    let segments: [String]

    /// Nil when it is another kind of URL, or not well formed.
    init?(_ url: String) {
        let url = url.prefix { $0 != "#" }
        guard let separator = url.firstRange(of: "://") else { return nil }
        scheme = url[..<separator.lowerBound].lowercased()
        let rest = url[separator.upperBound...]
        let end = rest.firstIndex { $0 == "/" || $0 == "?" } ?? rest.endIndex
        authority = rest[..<end].lowercased()
        guard scheme == "https" || scheme == "http", !authority.isEmpty, !authority.contains("@") else { return nil }
        var segments: [String] = []
        for segment in rest[end...].prefix(while: { $0 != "?" }).split(separator: "/") {
            guard let text = Self.decoded(segment) else { return nil }
            segments.append(text)
        }
        self.segments = segments
    }

    private static func decoded(_ text: Substring) -> String? {
        percentDecoded(text.utf8).flatMap { String(validating: $0, as: UTF8.self) }
    }
}
