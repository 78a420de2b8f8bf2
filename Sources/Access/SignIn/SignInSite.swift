internal import HTTPClient

/// Where browsers find this service: the parts of `backend.baseUrl` that signing in needs.
package struct SignInSite: Sendable, Hashable {
    /// Scheme, host and port, such as `https://callboard.example`.
    package let origin: String
    /// The path of the base URL without a slash at its end; usually empty.
    package let prefix: String
    /// Whether browsers come over TLS.
    package let isSecure: Bool

    /// Nil unless the URL is https, or http on this machine, with nothing behind its path.
    package init?(baseURL: String) {
        isSecure = baseURL.hasPrefix("https://")
        guard isSecure || (baseURL.hasPrefix("http://") && HTTPRequest.isLoopback(baseURL)) else { return nil }
        let rest = baseURL.dropFirst(isSecure ? 8 : 7)
        let host = rest.prefix { $0 != "/" }
        let path = rest.dropFirst(host.count)
        guard !host.isEmpty, host.utf8.allSatisfy(Self.isHostByte), path.utf8.allSatisfy(Self.isPathByte) else {
            return nil
        }
        origin = (isSecure ? "https://" : "http://") + host
        prefix = String(path.hasSuffix("/") ? path.dropLast() : path)
    }

    /// The path that browsers know for one of ours.
    package func path(_ path: String) -> String { prefix + path }

    /// The absolute URL of one of our paths.
    package func url(_ path: String) -> String { origin + prefix + path }

    /// Over TLS with the prefix that makes browsers hold a cookie to this host, this path and TLS (RFC 6265bis §4.1.3.2).
    package func cookieName(_ name: String) -> String { (isSecure ? "__Host-" : "") + "callboard-" + name }

    /// What clients ask for may be long, such as by the id of one that registered itself. Sealed it fits into the four cookies
    /// of a sign-in under way.
    package static let maximumReturnBytes = 8 << 10

    /// A path to come back to after signing in, when it is one on this origin: what browsers could take for another host
    /// (`//host`, `/\host`, with tabs and line ends in between) is none.
    package static func isReturnPath(_ text: String) -> Bool {
        guard text.utf8.count <= maximumReturnBytes, text.hasPrefix("/"), !text.hasPrefix("//") else { return false }
        return text.utf8.allSatisfy { $0 > 0x20 && $0 < 0x7F && $0 != UInt8(ascii: "\\") && $0 != UInt8(ascii: "#") }
    }

    private static func isHostByte(_ byte: UInt8) -> Bool { isAlphanumeric(byte) || "-.:[]".utf8.contains(byte) }
    private static func isPathByte(_ byte: UInt8) -> Bool { isAlphanumeric(byte) || "-._~/%".utf8.contains(byte) }
    private static func isAlphanumeric(_ byte: UInt8) -> Bool {
        switch byte {
        case 0x30...0x39, 0x41...0x5A, 0x61...0x7A: true
        default: false
        }
    }
}
