internal import Base
internal import Glibc

/// A name that no other process ever has, not even this one after a restart: `hostname_uuid`.
package func processIdentity() -> String {
    var name = [CChar](repeating: 0, count: 256)
    // Fails only for a longer name than Linux knows; the uuid alone would do.
    gethostname(&name, name.count - 1)
    let host = String(decoding: name.prefix { $0 != 0 }.map(UInt8.init(bitPattern:)), as: UTF8.self)
    return host + "_" + randomUUID()
}

/// A version 4 UUID of RFC 9562.
private func randomUUID() -> String {
    var bytes = randomBytes(16)
    bytes[6] = bytes[6] & 0x0F | 0x40
    bytes[8] = bytes[8] & 0x3F | 0x80
    let parts = [bytes[0..<4], bytes[4..<6], bytes[6..<8], bytes[8..<10], bytes[10..<16]]
    return parts.map(Hex.encode).joined(separator: "-")
}
