/// Which host a reading goes to: of each a few are asked at a time.
package enum FarHost {
    /// The host of a location `url:…`, with its port; nil for every other location.
    package static func of(_ location: String) -> String? {
        guard location.hasPrefix("url:"), let start = location.firstRange(of: "://") else { return nil }
        return location[start.upperBound...].prefix { $0 != "/" && $0 != "?" }.lowercased()
    }
}
