/// Which files of a repository are catalog files: a path, or a pattern with wildcards as minimatch reads them. `*` and `?`
/// stand for characters within a name, `**` for any number of directories; none of them for a dot at a name's beginning.
package struct GitHubPathPattern: Sendable, Hashable, CustomStringConvertible {
    /// As configured.
    package let description: String
    private let segments: [String]

    package init(_ text: String) {
        description = text
        segments = text.split(separator: "/").map(String.init)
    }

    package var hasWildcards: Bool { segments.contains { $0.contains("*") || $0.contains("?") } }

    /// The one path that a pattern without wildcards stands for.
    var path: String { segments.joined(separator: "/") }

    func matches(_ path: String) -> Bool { Self.matches(segments[...], path.split(separator: "/")[...]) }

    /// Whether a file in this directory, or further below, may match.
    func mayMatch(below directory: String) -> Bool {
        var pattern = segments[...]
        for name in directory.split(separator: "/") {
            guard let first = pattern.first else { return false }
            if first == "**" { return true }
            guard Self.matches(name: Array(first), Array(name)) else { return false }
            pattern = pattern.dropFirst()
        }
        return !pattern.isEmpty
    }

    private static func matches(_ pattern: ArraySlice<String>, _ path: ArraySlice<Substring>) -> Bool {
        guard let first = pattern.first else { return path.isEmpty }
        if first == "**" {
            // At the end it stands for the file too.
            if pattern.count == 1 { return !path.isEmpty && !path.contains { $0.hasPrefix(".") } }
            if matches(pattern.dropFirst(), path) { return true }
            guard let name = path.first, !name.hasPrefix(".") else { return false }
            return matches(pattern, path.dropFirst())
        }
        guard let name = path.first, matches(name: Array(first), Array(name)) else { return false }
        return matches(pattern.dropFirst(), path.dropFirst())
    }

    /// One name, in time that grows with the product of both lengths: the last `*` alone is tried again.
    private static func matches(name pattern: [Character], _ name: [Character]) -> Bool {
        if name.first == ".", pattern.first == "*" || pattern.first == "?" { return false }
        var (p, n) = (0, 0)
        var retry: (p: Int, n: Int)?
        while n < name.count {
            if p < pattern.count, pattern[p] == "*" {
                retry = (p + 1, n)
                p += 1
            } else if p < pattern.count, pattern[p] == "?" || pattern[p] == name[n] {
                (p, n) = (p + 1, n + 1)
            } else if let last = retry {
                retry = (last.p, last.n + 1)
                (p, n) = (last.p, last.n + 1)
            } else {
                return false
            }
        }
        return pattern[p...].allSatisfy { $0 == "*" }
    }
}
