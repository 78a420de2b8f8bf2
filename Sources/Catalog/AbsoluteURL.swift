internal import Glibc

/// Whether a browser would run the text as a script: a `javascript:` scheme after leading control characters and
/// spaces, with CR, LF and TAB anywhere inside it, as WHATWG URL parsing permits.
func isJavaScriptURL(_ text: String) -> Bool {
    let visible = text.utf8.drop { $0 <= 0x20 }.lazy.filter { !isTabOrNewline($0) }
    return visible.prefix(11).map(asciiLowercased).elementsEqual("javascript:".utf8)
}

/// Whether the text parses as an absolute URL by the WHATWG rules, with any scheme. Hosts are checked for forbidden
/// characters, IPv6 form and port; the remaining parts of a URL can hold anything.
func isAbsoluteURL(_ text: String) -> Bool {
    var bytes = text.utf8.drop { $0 <= 0x20 }[...]
    while let last = bytes.last, last <= 0x20 { bytes.removeLast() }
    let visible = bytes.filter { !isTabOrNewline($0) }
    guard let colon = visible.firstIndex(of: UInt8(ascii: ":")), isScheme(visible[..<colon]) else { return false }

    let scheme = String(decoding: visible[..<colon].map(asciiLowercased), as: UTF8.self)
    let rest = visible[(colon + 1)...]
    guard !specialSchemes.contains(scheme) else {
        let authority = rest.drop { isSlash($0) }.prefix { !isSlash($0) && !isQueryOrFragment($0) }
        return isAuthority(authority, special: true)
    }
    guard rest.starts(with: "//".utf8) else { return true }
    let isFile = scheme == "file"
    let authority = rest.dropFirst(2).prefix { $0 != UInt8(ascii: "/") && !isQueryOrFragment($0) }
    return authority.isEmpty || isAuthority(authority, special: isFile)
}

/// The schemes whose URLs must name a host (WHATWG "special" without `file`).
private let specialSchemes: Set<String> = ["http", "https", "ws", "wss", "ftp"]

private func isScheme(_ bytes: ArraySlice<UInt8>) -> Bool {
    guard let first = bytes.first, isAlpha(first) else { return false }
    return bytes.allSatisfy { isAlpha($0) || isDigit($0) || "+-.".utf8.contains($0) }
}

private func isAuthority(_ authority: ArraySlice<UInt8>, special: Bool) -> Bool {
    let at = authority.lastIndex(of: UInt8(ascii: "@"))
    let hostAndPort = at.map { authority[($0 + 1)...] } ?? authority
    guard let first = hostAndPort.first else { return false }

    if first == UInt8(ascii: "[") {
        guard let close = hostAndPort.firstIndex(of: UInt8(ascii: "]")) else { return false }
        let after = hostAndPort[(close + 1)...]
        guard after.isEmpty || after.first == UInt8(ascii: ":") else { return false }
        return isIPv6(hostAndPort[(hostAndPort.startIndex + 1)..<close]) && isPort(after.dropFirst())
    }
    let colon = hostAndPort.firstIndex(of: UInt8(ascii: ":"))
    let host = hostAndPort[..<(colon ?? hostAndPort.endIndex)]
    let port = colon.map { hostAndPort[($0 + 1)...] } ?? []
    return !host.isEmpty && host.allSatisfy { isHostByte($0, special: special) } && isPort(port)
}

/// WHATWG "forbidden host code point", and for special schemes "forbidden domain code point"; `%` starts an escape.
private func isHostByte(_ byte: UInt8, special: Bool) -> Bool {
    if " #/:<>?@[\\]^|".utf8.contains(byte) || byte == 0 { return false }
    return !special || (byte > 0x1F && byte != 0x7F)
}

private func isIPv6(_ bytes: ArraySlice<UInt8>) -> Bool {
    var address = in6_addr()
    return inet_pton(AF_INET6, String(decoding: bytes, as: UTF8.self), &address) == 1
}

private func isPort(_ bytes: ArraySlice<UInt8>) -> Bool {
    if bytes.isEmpty { return true }
    guard bytes.allSatisfy(isDigit) else { return false }
    let significant = bytes.drop { $0 == UInt8(ascii: "0") }
    return significant.count <= 5 && significant.reduce(0) { $0 * 10 + Int($1 - UInt8(ascii: "0")) } <= 65_535
}

private func isSlash(_ byte: UInt8) -> Bool { byte == UInt8(ascii: "/") || byte == UInt8(ascii: "\\") }
private func isQueryOrFragment(_ byte: UInt8) -> Bool { byte == UInt8(ascii: "?") || byte == UInt8(ascii: "#") }
private func isTabOrNewline(_ byte: UInt8) -> Bool { byte == 0x09 || byte == 0x0A || byte == 0x0D }
private func asciiLowercased(_ byte: UInt8) -> UInt8 { (0x41...0x5A).contains(byte) ? byte | 0x20 : byte }
func isAlpha(_ byte: UInt8) -> Bool { (0x61...0x7A).contains(byte | 0x20) }
func isDigit(_ byte: UInt8) -> Bool { (0x30...0x39).contains(byte) }
func isLowerAlpha(_ byte: UInt8) -> Bool { (0x61...0x7A).contains(byte) }
