internal import Base
internal import Glibc

/// Replaces secrets in bytes that come piece by piece by as many asterisks, also where a piece ends in the midst of one.
struct SecretMask {
    private let secrets: [[UInt8]]
    /// The end of what came, which may be the beginning of a secret.
    private var held: [UInt8] = []

    init(_ secrets: [Secret]) {
        self.secrets = secrets.map { Array($0.text.utf8) }.filter { $0.count >= Secret.minimumLength }
    }

    /// What of the bytes so far may be given on.
    mutating func pass(_ bytes: [UInt8]) -> [UInt8] {
        guard let longest = secrets.map(\.count).max() else { return bytes }
        held += bytes
        cover()
        let ready = max(0, held.count - (longest - 1))
        defer { held.removeFirst(ready) }
        return Array(held.prefix(ready))
    }

    /// The rest, when nothing more comes.
    mutating func end() -> [UInt8] {
        defer { held = [] }
        return held
    }

    /// A whole text without the secrets.
    static func masked(_ text: String, _ secrets: [Secret]) -> String {
        var mask = SecretMask(secrets)
        return String(decoding: mask.pass(Array(text.utf8)) + mask.end(), as: UTF8.self)
    }

    /// Header fields without the secrets.
    static func masked(_ headers: HTTPHeaders, _ secrets: [Secret]) -> HTTPHeaders {
        var masked = HTTPHeaders()
        for (name, value) in headers { masked.add(name, Self.masked(value, secrets)) }
        return masked
    }

    private mutating func cover() {
        held.withUnsafeMutableBytes { bytes in
            guard let start = bytes.baseAddress else { return }
            let end = start + bytes.count
            for secret in secrets {
                var rest = start
                while let found = memchr(rest, Int32(secret[0]), end - rest), end - found >= secret.count {
                    rest = found + 1
                    guard memcmp(found, secret, secret.count) == 0 else { continue }
                    memset(found, Int32(UInt8(ascii: "*")), secret.count)
                }
            }
        }
    }
}
