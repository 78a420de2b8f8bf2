/// How the catalog came to a location.
package struct Provenance: Sendable, Hashable {
    /// What the entities there are managed by, `<type>:<target>`; relative paths in them count from here.
    package let location: String
    /// The location of a source from which Location entities led here; the same where a source has it itself.
    package let origin: String
    /// The source that has the origin, `<type>:<target>`.
    package let source: String
    /// Whether a Location entity led here.
    package var isFollowed: Bool

    /// A location that a source has itself.
    package init(location: String, source: String) {
        self.init(location: location, origin: location, source: source, isFollowed: false)
    }

    /// A location that Location entities led to.
    package init(location: String, origin: String, source: String) {
        self.init(location: location, origin: origin, source: source, isFollowed: true)
    }

    private init(location: String, origin: String, source: String, isFollowed: Bool) {
        self.location = location
        self.origin = origin
        self.source = source
        self.isFollowed = isFollowed
    }
}

extension Provenance {
    /// Whether what was read here may have a file of this machine read: only files that the operator configured may, and only
    /// files below the configured directory, or beside the configured file.
    ///
    /// - Parameter path: absolute, without `..`.
    package func mayRead(file path: String) -> Bool {
        guard location.hasPrefix("file:"), source.hasPrefix("file:") else { return false }
        let root = source.dropFirst("file:".count)
        let isFile = origin == source
        let directory = isFile ? root[..<(root.lastIndex(of: "/") ?? root.startIndex)] : root
        return path.hasPrefix(directory == "/" ? "/" : directory + "/")
    }
}
