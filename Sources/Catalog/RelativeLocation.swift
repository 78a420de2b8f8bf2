internal import Base

/// A location that another one names cannot be made out.
package struct RelativeLocationError: Error, Hashable, CustomStringConvertible {
    package let description: String
}

/// Finds out which location a text means that stands in another one (Backstage's Location targets and placeholders).
package enum RelativeLocation {
    /// - Parameters:
    ///   - type: `url` or `file`; nil: as the base's, and `url` where that is neither.
    ///   - base: where the text stands, `<type>:<target>`.
    /// - Returns: `url:<absolute URL>` or `file:<absolute path>`, without `.` and `..`.
    package static func resolve(
        _ text: String, type: String? = nil, from base: String
    ) throws(RelativeLocationError) -> String {
        let (baseType, baseTarget) = split(base)
        let isOwn = baseType == "url" || baseType == "file"
        switch type ?? (isOwn && !isURL(text) ? baseType : "url") {
        case "url":
            let url = try url(text, from: baseType == "url" ? baseTarget : nil, base)
            guard !namesUser(inURL: url) else {
                throw RelativeLocationError(
                    description: "The URL \(redactedURL(text)) names a user; expected one without user and password")
            }
            return "url:" + url
        case "file": return "file:" + (try path(text, from: baseType == "file" ? baseTarget : nil, base))
        case let other:
            throw RelativeLocationError(
                description: "No processor was able to handle reading of \(other):\(redactedURL(text))")
        }
    }

    private static func split(_ location: String) -> (type: String, target: String) {
        guard let colon = location.firstIndex(of: ":") else { return ("", location) }
        return (String(location[..<colon]), String(location[location.index(after: colon)...]))
    }

    private static func isURL(_ text: String) -> Bool {
        let lower = text.prefix(8).lowercased()
        return lower.hasPrefix("https://") || lower.hasPrefix("http://")
    }

    private static func path(
        _ text: String, from base: String?, _ location: String
    ) throws(RelativeLocationError) -> String {
        if text.hasPrefix("/") { return "/" + normalised(text[...]).joined(separator: "/") }
        guard let base else {
            throw RelativeLocationError(
                description: "The relative path \(redactedURL(text)) stands at \(location), which is no file")
        }
        guard base.hasPrefix("/") else {
            throw RelativeLocationError(
                description: "The relative path \(redactedURL(text)) cannot count from the relative path \(base)")
        }
        return "/" + normalised(directory(of: base) + text).joined(separator: "/")
    }

    private static func url(
        _ text: String, from base: String?, _ location: String
    ) throws(RelativeLocationError) -> String {
        if isURL(text), isAbsoluteURL(text) { return text }
        // What has a scheme and is none of these is read by nobody, a script least of all.
        guard !isAbsoluteURL(text), !isJavaScriptURL(text) else {
            throw RelativeLocationError(
                description: "The URL \(redactedURL(text)) is not read; expected https:// or http://")
        }
        guard let base, let parts = URLParts(base) else {
            throw RelativeLocationError(
                description: "The relative URL \(redactedURL(text)) stands at \(redactedURL(location)), "
                    + "which is no URL; expected https://…")
        }
        return parts.resolving(text)
    }

    fileprivate static func directory(of path: some StringProtocol) -> String {
        String(path[..<(path.lastIndex(of: "/").map { path.index(after: $0) } ?? path.startIndex)])
    }

    /// The parts of a path with `.` and `..` taken away; `..` at the root leads nowhere.
    fileprivate static func normalised(_ path: some StringProtocol) -> [String] {
        var parts: [String] = []
        for part in path.split(separator: "/") {
            switch part {
            case ".": continue
            case "..": parts = parts.dropLast()
            default: parts.append(String(part))
            }
        }
        return parts
    }
}

/// An absolute URL taken apart so far as relative ones need it (RFC 3986 §5.2).
private struct URLParts {
    /// `https://host:port`.
    let site: Substring
    let path: Substring
    /// With its `?`; empty when there is none.
    let query: Substring

    init?(_ url: String) {
        let visible = url.prefix { $0 != "#" }
        guard let scheme = visible.firstRange(of: "://") else { return nil }
        let rest = visible[scheme.upperBound...]
        let end = rest.firstIndex { $0 == "/" || $0 == "?" } ?? rest.endIndex
        site = visible[..<end]
        let afterSite = visible[end...]
        let queryStart = afterSite.firstIndex(of: "?") ?? afterSite.endIndex
        path = afterSite[..<queryStart]
        query = afterSite[queryStart...]
    }

    func resolving(_ text: String) -> String {
        if text.hasPrefix("//") { return site.prefix { $0 != ":" } + ":" + text }
        let textPath = text.prefix { $0 != "?" && $0 != "#" }
        let rest = text[textPath.endIndex...]
        let start = textPath.hasPrefix("/") ? repository : RelativeLocation.directory(of: path)
        let parts = RelativeLocation.normalised(start + "/" + textPath)
        return site + "/" + parts.joined(separator: "/") + (rest.hasPrefix("?") ? rest : query)
    }

    /// Where an absolute path counts from: in a code host's page of a file (`/org/repo/blob/main/…`) the top of the
    /// repository, elsewhere the top of the site.
    private var repository: String {
        let parts = path.split(separator: "/")
        guard parts.count >= 4, ["blob", "tree", "raw", "edit"].contains(parts[2]) else { return "" }
        return "/" + parts[..<4].joined(separator: "/")
    }
}
