/// A URL as errors and logs may show it: without user, password, query and fragment, any of which may be a secret. A text
/// that is no whole URL, such as a relative one or one after `url:`, is shown by the same rules.
package func redactedURL(_ url: some StringProtocol) -> String {
    let visible = url.prefix { $0 != "?" && $0 != "#" }
    guard let authority = authority(of: visible) else { return String(visible) }
    let (before, rest) = (visible[..<authority.startIndex], visible[authority.endIndex...])
    guard let at = authority.lastIndex(of: "@") else {
        // What looks like a port and is none may be the beginning of a password with a slash in it.
        return hasPort(authority) ? String(visible) : before + "…"
    }
    return before + "…" + authority[at...] + rest
}

/// Whether a URL names a user, and maybe a password.
package func namesUser(inURL url: some StringProtocol) -> Bool {
    authority(of: url.prefix { $0 != "?" && $0 != "#" })?.contains("@") ?? false
}

/// From the slashes, of which some readers take more than two, to the next one.
private func authority<Text: StringProtocol>(of url: Text) -> Text.SubSequence? {
    url.firstRange(of: "//").map { url[$0.upperBound...].drop { $0 == "/" }.prefix { $0 != "/" } }
}

/// Whether what follows the host's colon is a port, or there is none.
private func hasPort(_ authority: some StringProtocol) -> Bool {
    let host = authority.lastIndex(of: "]").map { authority[$0...] } ?? authority[...]
    guard let colon = host.firstIndex(of: ":") else { return true }
    return host[colon...].dropFirst().utf8.allSatisfy { (0x30...0x39).contains($0) }
}
