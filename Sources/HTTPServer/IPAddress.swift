internal import Glibc

/// An IPv4 or IPv6 address. An IPv4 address in IPv6's clothes (`::ffff:10.0.0.1`) is the IPv4 address.
package struct IPAddress: Sendable, Hashable {
    /// 4 or 16, the highest first.
    let bytes: [UInt8]

    /// Nil for what is no numeric address.
    package init?(_ text: String) {
        var v4 = in_addr()
        var v6 = in6_addr()
        if inet_pton(AF_INET, text, &v4) == 1 {
            bytes = withUnsafeBytes(of: v4) { Array($0) }
        } else if inet_pton(AF_INET6, text, &v6) == 1 {
            let all = withUnsafeBytes(of: v6) { Array($0) }
            bytes = all.starts(with: Self.mappedPrefix) ? Array(all.suffix(4)) : all
        } else {
            return nil
        }
    }

    private static let mappedPrefix = [UInt8](repeating: 0, count: 10) + [0xFF, 0xFF]

    /// What one customer of a provider has: the address itself, of IPv6 the first 64 bits.
    package var household: [UInt8] { bytes.count == 4 ? bytes : Array(bytes.prefix(8)) }
}

/// The addresses that begin with the same bits, such as `10.0.0.0/8`; a single address too.
package struct IPNetwork: Sendable, Hashable {
    private let bytes: [UInt8]
    private let length: Int

    /// Nil for what is no network.
    package init?(_ text: String) {
        let parts = text.split(separator: "/", maxSplits: 1, omittingEmptySubsequences: false)
        guard let address = IPAddress(String(parts[0])) else { return nil }
        let bits = address.bytes.count * 8
        guard parts.count == 2 else {
            (bytes, length) = (address.bytes, bits)
            return
        }
        guard parts[1].utf8.allSatisfy({ (0x30...0x39).contains($0) }), let length = Int(parts[1]), length <= bits
        else { return nil }
        (bytes, self.length) = (address.bytes, length)
    }

    /// Whether an address is one of them.
    package func contains(_ address: IPAddress) -> Bool {
        guard address.bytes.count == bytes.count else { return false }
        return zip(address.bytes, bytes).enumerated().allSatisfy { index, pair in
            let kept = min(8, max(0, length - index * 8))
            let mask = UInt8(truncatingIfNeeded: 0xFF00 >> kept)
            return pair.0 & mask == pair.1 & mask
        }
    }
}
