package import Base

/// Which browsers' pages may reach the endpoint, and under which host names: the guard against DNS rebinding.
///
/// A request without `Origin` does not come from a page and passes. With one, the origin must be listed, or the page
/// must come from this very endpoint on the loopback interface (`Origin: http://localhost:7007` at
/// `Host: localhost:7007`).
/// Host names are checked only when some are listed; loopback names always pass, since no rebinding can produce them.
package struct OriginPolicy: Sendable {
    private let origins: Set<String>
    private let hosts: Set<String>

    /// - Parameters:
    ///   - origins: such as `https://portal.example.com`; compared ignoring case, a final slash is ignored.
    ///   - hosts: such as `callboard.example.com` (any port) or `callboard.example.com:8443` (that port only);
    ///     empty means every host name.
    package init(origins: [String] = [], hosts: [String] = []) {
        self.origins = Set(origins.map { Self.normalized($0) })
        self.hosts = Set(hosts.map { $0.lowercased() })
    }

    /// Nil when the request may pass, else why not.
    package func objection(to headers: HTTPHeaders) -> String? {
        let host = headers.all("Host").map { $0.lowercased() }
        let origin = headers.all("Origin").map(Self.normalized)
        guard host.count <= 1, origin.count <= 1 else { return "Host or Origin is given more than once" }
        if let objection = objection(toHostIn: headers) { return objection }
        if let origin = origin.first, !isAllowed(origin, at: host.first ?? "") { return "this origin is not allowed" }
        return nil
    }

    /// The same for the host alone, where pages of every origin may come.
    package func objection(toHostIn headers: HTTPHeaders) -> String? {
        let host = headers.all("Host").map { $0.lowercased() }
        guard host.count <= 1 else { return "Host is given more than once" }
        return hosts.isEmpty || isKnown(host.first ?? "") ? nil : "this host name is not served here"
    }

    private func isKnown(_ host: String) -> Bool {
        let name = Self.name(of: host)
        return hosts.contains(host) || hosts.contains(name) || Self.isLoopback(name)
    }

    private func isAllowed(_ origin: String, at host: String) -> Bool {
        if origins.contains(origin) { return true }
        return Self.isLoopback(Self.name(of: host)) && (origin == "http://\(host)" || origin == "https://\(host)")
    }

    /// A host without its port; an IPv6 address keeps its brackets.
    private static func name(of host: String) -> String {
        if host.hasPrefix("[") { return String(host.prefix { $0 != "]" }) + "]" }
        return String(host.prefix { $0 != ":" })
    }

    private static func isLoopback(_ name: String) -> Bool {
        ["localhost", "127.0.0.1", "[::1]"].contains(name)
    }

    private static func normalized(_ origin: String) -> String {
        let lower = origin.lowercased()
        return lower.hasSuffix("/") ? String(lower.dropLast()) : lower
    }
}
