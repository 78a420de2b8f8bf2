internal import Base

/// The definition of an API as the API's own host serves it: an OpenAPI 3 document often says nothing of where that is, or what
/// was true where it was made. Pure.
struct ServedDefinition {
    private let origin: URLOrigin
    /// Of the entry that is added.
    private static let note = "Where this definition was fetched from"

    /// - Parameter url: where the document was fetched; nil comes of one that is not `http` or `https`.
    init?(url: String) {
        guard let origin = URLOrigin(url) else { return nil }
        self.origin = origin
    }

    /// The document with `servers` that lead to the host it came from: none become that host's; a first one that is relative
    /// becomes absolute; one of another origin stays and gets a second beside it. Written as YAML when something changed, else,
    /// and when it is no OpenAPI 3, the text itself.
    func repaired(_ text: String) -> String {
        guard var document = Self.openAPI(text), let servers = repaired(document["servers"]) else { return text }
        document["servers"] = .array(servers)
        let yaml = JSONValue.object(document).yaml
        // Its indentation must not make an entity too large that is not: JSON is YAML too.
        return yaml.utf8.count <= Placeholder.maximumBytes / 2 ? yaml : JSONValue.object(document).text()
    }

    private static func openAPI(_ text: String) -> JSONObject? {
        guard case .object(let document) = value(text), let version = document["openapi"] else { return nil }
        // Unquoted, YAML's `3.0` is a number.
        let isThree = version.stringValue?.hasPrefix("3.") ?? version.doubleValue.map { (3..<4).contains($0) } ?? false
        return isThree ? document : nil
    }

    private static func value(_ text: String) -> JSONValue? {
        if let json = try? JSONValue(parsing: text) { return json }
        let documents = YAML.documents(Array(text.utf8))
        guard documents.count == 1 else { return nil }
        return try? documents[0].get().json
    }

    /// Nil: they stay as they are, also when they are not what OpenAPI wants.
    private func repaired(_ servers: JSONValue?) -> [JSONValue]? {
        if servers == nil || servers == .null || servers == [] { return [["url": .string(origin.text)]] }
        guard var all = servers?.arrayValue, case .object(var first) = all.first, let url = first["url"]?.stringValue
        else { return nil }
        guard let place = ServerURL(url, at: origin) else {
            first["url"] = .string(origin.resolve(url))
            all[0] = .object(first)
            return all
        }
        if place.isAtOrigin { return nil }
        first["url"] = .string(origin.text + place.path)
        first["description"] = .string(Self.note)
        // They may only stand for what the path holds.
        if !place.path.contains("{") { first["variables"] = nil }
        let isThere = all.contains { $0["url"] == first["url"] }
        return isThere ? nil : all + [.object(first)]
    }
}

/// The URL of a server that is absolute; it may hold variables in braces.
private struct ServerURL {
    let isAtOrigin: Bool
    /// Also what follows the path; empty for none.
    let path: String

    /// Nil: it is relative.
    init?(_ url: String, at origin: URLOrigin) {
        // What a variable at the beginning stands for is not known, and need not be a path.
        guard let rest = url.firstRange(of: "://").map({ url[$0.upperBound...] }) ?? Self.afterSlashes(url) else {
            return nil
        }
        path = String(rest.drop { !"/?#".contains($0) })
        let absolute = url.hasPrefix("//") ? "\(origin.scheme):\(url)" : url
        isAtOrigin = URLOrigin(absolute)?.text == origin.text
    }

    private static func afterSlashes(_ url: String) -> Substring? {
        url.hasPrefix("//") ? url.dropFirst(2) : url.hasPrefix("{") ? url[...] : nil
    }
}

/// Scheme, host and port of a URL, and where relative ones count from.
private struct URLOrigin {
    /// `http` or `https`.
    let scheme: String
    /// `https://host:port` in small letters, without the scheme's own port and without a user's name.
    let text: String
    /// From `/` to the last `/`.
    private let directory: Substring

    init?(_ url: String) {
        guard let separator = url.firstRange(of: "://") else { return nil }
        scheme = url[..<separator.lowerBound].lowercased()
        guard let ownPort = ["http": ":80", "https": ":443"][scheme] else { return nil }
        let rest = url[separator.upperBound...].prefix { $0 != "?" && $0 != "#" }
        let authority = rest.prefix { $0 != "/" }
        let host = authority[(authority.lastIndex(of: "@").map(authority.index(after:)) ?? authority.startIndex)...]
        let name = host.hasSuffix(ownPort) ? host.dropLast(ownPort.count) : host
        guard !name.isEmpty else { return nil }
        text = "\(scheme)://\(name.lowercased())"
        let path = rest[authority.endIndex...]
        directory = path.lastIndex(of: "/").map { path[...$0] } ?? "/"
    }

    /// A path, from the document's place or from the top, without `.` and `..` (RFC 3986 §5.2.4).
    func resolve(_ path: String) -> String {
        if path.isEmpty { return text }
        let end = path.firstIndex { $0 == "?" || $0 == "#" } ?? path.endIndex
        let whole = path.hasPrefix("/") ? path[..<end] : directory + path[..<end]
        var parts: [Substring] = []
        let segments = whole.dropFirst().split(separator: "/", omittingEmptySubsequences: false)
        for segment in segments where segment != "." {
            if segment == ".." { _ = parts.popLast() } else { parts.append(segment) }
        }
        // What ends in a step stands for a directory.
        if [".", ".."].contains(segments.last) { parts.append("") }
        return text + "/" + parts.joined(separator: "/") + path[end...]
    }
}
