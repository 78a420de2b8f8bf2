extension ClusterConfiguration {
    /// The URL of a server without slashes at its end; nil when it is no `http` or `https` URL with a host, or has a user,
    /// a query or a fragment, which have no meaning there.
    static func normalized(server text: String) -> String? {
        guard let scheme = ["https://", "http://"].first(where: text.hasPrefix) else { return nil }
        var rest = text.dropFirst(scheme.count)
        while rest.hasSuffix("/") { rest = rest.dropLast() }
        let authority = rest.prefix { $0 != "/" }
        guard !authority.isEmpty, !authority.hasPrefix(":"), !authority.contains("@"),
            !rest.utf8.contains(where: { $0 <= 0x20 || $0 == 0x7F || "?#".utf8.contains($0) })
        else { return nil }
        return scheme + rest
    }

    /// Host and port of the server, as client-go's metrics name it.
    package var host: String {
        guard let start = server.firstRange(of: "://")?.upperBound else { return server }
        return String(server[start...].prefix { $0 != "/" })
    }
}
