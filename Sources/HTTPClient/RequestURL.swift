internal import CCurl

/// A request's URL, taken apart by libcurl's parser so that what we check is what libcurl uses.
struct RequestURL {
    /// What goes to libcurl: the URL with the TLS server name in place of the host when there is one.
    let text: String
    /// `CURLOPT_CONNECT_TO`: where the connection goes instead of to the URL's host.
    let connectTo: String?
    /// The `Host` field when it is not what libcurl would write.
    let hostField: String?
    let isLoopback: Bool
    /// Whether the host is a name and no address.
    let hasName: Bool

    /// Nil when the URL is not absolute, not `http` or `https`, or not well formed.
    ///
    /// - Parameter serverName: the name to use for TLS. libcurl takes it from the URL, so it is put there, and the
    ///   connection and the `Host` field keep the URL's own host.
    /// - Parameter address: where the connection goes in place of the URL's host.
    init?(_ url: String, serverName: String?, address: String? = nil) {
        guard let parts = URLParts(url), let host = parts[CURLUPART_HOST], let port = parts[CURLUPART_PORT] else {
            return nil
        }
        let scheme = parts[CURLUPART_SCHEME]
        guard scheme == "http" || scheme == "https" else { return nil }
        isLoopback = Self.isLoopback(host)
        hasName = !host.hasPrefix("[") && !host.utf8.allSatisfy { $0 == 0x2E || (0x30...0x39).contains($0) }
        let target = address.map { $0.contains(":") ? "[\($0)]" : $0 }
        guard let serverName, scheme == "https", serverName != host else {
            text = url
            connectTo = target.map { "::\($0):\(port)" }
            hostField = nil
            return
        }
        guard parts.set(CURLUPART_HOST, serverName.contains(":") ? "[\(serverName)]" : serverName),
            let renamed = parts[CURLUPART_URL]
        else { return nil }
        text = renamed
        connectTo = "::\(target ?? host):\(port)"
        hostField = port == "443" ? host : "\(host):\(port)"
    }

    private static func isLoopback(_ host: String) -> Bool {
        host == "localhost" || host.hasSuffix(".localhost") || host == "[::1]"
            || host.split(separator: ".", omittingEmptySubsequences: false).count == 4 && host.hasPrefix("127.")
    }
}

/// libcurl's URL object.
private final class URLParts {
    private let handle: OpaquePointer

    init?(_ url: String) {
        guard !url.utf8.contains(where: { $0 <= 0x20 || $0 == 0x7F }), let handle = curl_url() else { return nil }
        self.handle = handle
        guard set(CURLUPART_URL, url) else { return nil }
    }

    deinit { curl_url_cleanup(handle) }

    func set(_ part: CURLUPart, _ value: String?) -> Bool {
        curl_url_set(handle, part, value, UInt32(CURLU_PATH_AS_IS)) == CURLUE_OK
    }

    subscript(part: CURLUPart) -> String? {
        var value: UnsafeMutablePointer<CChar>?
        let flags = part == CURLUPART_PORT ? UInt32(CURLU_DEFAULT_PORT) : 0
        guard curl_url_get(handle, part, &value, flags) == CURLUE_OK, let value else { return nil }
        defer { curl_free(value) }
        return String(cString: value)
    }
}
