package import Base

/// Cookies as requests bring them and as answers set them (RFC 6265).
package enum Cookies {
    /// The cookies of a request by name. A name that comes with different values counts for none of them: another site of
    /// the same domain may have set one.
    package static func read(_ headers: HTTPHeaders) -> [String: String] {
        var cookies: [String: String] = [:]
        var doubtful: Set<String> = []
        for pair in headers.all("Cookie").joined(separator: ";").split(separator: ";") {
            let parts = pair.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
            guard parts.count == 2 else { continue }
            let (name, value) = (String(parts[0].drop { $0 == " " }), String(parts[1]))
            if let other = cookies[name], other != value { doubtful.insert(name) }
            cookies[name] = value
        }
        return cookies.filter { !doubtful.contains($0.key) }
    }

    /// A `Set-Cookie` field that scripts do not see and other sites' forms do not send.
    ///
    /// - Parameter seconds: until browsers forget it; 0: at once.
    package static func set(_ name: String, _ value: String, seconds: Int64, isSecure: Bool) -> String {
        "\(name)=\(value); Path=/; Max-Age=\(max(0, seconds)); HttpOnly; SameSite=Lax" + (isSecure ? "; Secure" : "")
    }
}
