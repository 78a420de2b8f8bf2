/// Hosts that an operator allows to be asked: `host`, at the usual ports, or `host:port`; `*.example.com` stands for every
/// host below that domain.
package struct AllowedHosts: Sendable, Hashable {
    private var entries: Set<Entry> = []

    private struct Entry: Sendable, Hashable {
        let host: String
        /// Nil: 80 and 443.
        let port: Int?
    }

    /// None.
    package init() {}

    /// - Returns: nil when one of the texts is no host.
    package init?(_ texts: [String]) {
        for text in texts {
            let parts = text.split(separator: ":", omittingEmptySubsequences: false).map(String.init)
            let port = parts.count == 2 ? UInt16(parts[1]).map { Int($0) } : nil
            let host = parts[0].hasPrefix("*.") ? String(parts[0].dropFirst(2)) : parts[0]
            guard parts.count <= 2, (parts.count == 2) == (port != nil), Self.isHost(host) else { return nil }
            entries.insert(Entry(host: parts[0].lowercased(), port: port))
        }
    }

    /// Whether a text has the letters of a host name or an IPv4 address.
    package static func isHost(_ text: String) -> Bool {
        (1...253).contains(text.utf8.count)
            && text.utf8.allSatisfy { isAlpha($0) || isDigit($0) || "-.".utf8.contains($0) }
    }

    package func allows(host: String, port: Int) -> Bool {
        let host = host.lowercased()
        return entries.contains { entry in
            let isPort = entry.port.map { $0 == port } ?? (port == 80 || port == 443)
            return isPort
                && (entry.host == host || (entry.host.hasPrefix("*.") && host.hasSuffix(entry.host.dropFirst())))
        }
    }

    /// Whether an `http` or `https` URL leads to one of them. One with a user name or with an address in brackets does not.
    package func allows(url: String) -> Bool {
        // Who takes these for something else would find another host.
        guard let separator = url.firstRange(of: "://"), url.utf8.allSatisfy({ $0 > 0x20 && $0 != UInt8(ascii: "\\") })
        else { return false }
        let scheme = url[..<separator.lowerBound].lowercased()
        guard scheme == "http" || scheme == "https" else { return false }
        let authority = url[separator.upperBound...].prefix { !"/?#".contains($0) }
        let parts = authority.split(separator: ":", omittingEmptySubsequences: false).map(String.init)
        guard parts.count <= 2, Self.isHost(parts[0]) else { return false }
        guard let port = parts.count == 2 ? UInt16(parts[1]).map({ Int($0) }) : scheme == "https" ? 443 : 80 else {
            return false
        }
        return allows(host: parts[0], port: port)
    }
}
