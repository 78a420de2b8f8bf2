/// A GitHub and the way to it: one entry of `integrations.github`.
package struct GitHubHost: Sendable, CustomStringConvertible {
    /// As it stands in URLs, with the port when there is one, such as `github.com`.
    package let name: String
    /// Without a slash at the end; nil: only raw files can be read.
    package let apiBaseURL: String?
    /// Where files are read without a token; nil: by the API.
    package let rawBaseURL: String?
    /// Goes to `apiBaseURL` and `rawBaseURL` and nowhere else; nil: as anybody may.
    let token: String?

    /// - Parameters:
    ///   - apiBaseURL: nil: that of github.com, of a subdomain of ghe.com, or as GitHub Enterprise Server has it, unless
    ///     `rawBaseURL` is given.
    ///   - rawBaseURL: nil: that of github.com; other hosts have none.
    package init(name: String, apiBaseURL: String? = nil, rawBaseURL: String? = nil, token: String? = nil) {
        let name = name.lowercased()
        self.name = name
        self.token = token
        let isPublic = name == "github.com"
        self.rawBaseURL = rawBaseURL.map(Self.trimmed) ?? (isPublic ? "https://raw.githubusercontent.com" : nil)
        let derived = rawBaseURL == nil || isPublic ? Self.apiBaseURL(of: name) : nil
        self.apiBaseURL = apiBaseURL.map(Self.trimmed) ?? derived
    }

    /// Files are read by the API when there is a token, or no other way.
    var readsByAPI: Bool { apiBaseURL != nil && (token != nil || rawBaseURL == nil) }

    /// Never with the token.
    package var description: String { name }

    private static func apiBaseURL(of name: String) -> String {
        if name == "github.com" { return "https://api.github.com" }
        return name.hasSuffix(".ghe.com") ? "https://api.\(name)" : "https://\(name)/api/v3"
    }

    private static func trimmed(_ url: String) -> String {
        var url = url[...]
        while url.hasSuffix("/") { url.removeLast() }
        return String(url)
    }
}
