internal import Base
internal import Glibc

/// Which addresses belong to somebody on the internet. What a stranger names must not lead into the network that we are in.
enum PublicAddress {
    /// The addresses of a host, in text; none when the name is not known.
    ///
    /// - Parameter host: a name, an IPv4 address, or an IPv6 address in brackets.
    static func resolve(_ host: String) async -> [String] {
        let name = host.hasPrefix("[") ? String(host.dropFirst().dropLast()) : host
        return await onOwnThread("resolve") { lookUp(name) }
    }

    private static func lookUp(_ name: String) -> [String] {
        var hints = addrinfo()
        hints.ai_socktype = Int32(SOCK_STREAM.rawValue)
        var first: UnsafeMutablePointer<addrinfo>?
        guard getaddrinfo(name, nil, &hints, &first) == 0 else { return [] }
        defer { freeaddrinfo(first) }
        return sequence(first: first, next: { $0?.pointee.ai_next }).compactMap { $0.flatMap(text) }
    }

    private static func text(_ entry: UnsafeMutablePointer<addrinfo>) -> String? {
        var buffer = [CChar](repeating: 0, count: Int(NI_MAXHOST))
        let info = entry.pointee
        guard
            getnameinfo(
                info.ai_addr, info.ai_addrlen, &buffer, socklen_t(buffer.count), nil, 0, NI_NUMERICHOST) == 0
        else { return nil }
        return String(decoding: buffer.prefix { $0 != 0 }.map(UInt8.init(bitPattern:)), as: UTF8.self)
    }

    /// Whether an address in text is public; false for what is none, or has a zone.
    static func isPublic(_ address: String) -> Bool { bytes(address).map(isPublic) ?? false }

    /// Whether it is the machine itself.
    static func isLoopback(_ address: String) -> Bool {
        guard let bytes = bytes(address) else { return false }
        return bytes.count == 4 ? bytes[0] == 127 : bytes == [UInt8](repeating: 0, count: 15) + [1]
    }

    private static func bytes(_ address: String) -> [UInt8]? {
        var four = [UInt8](repeating: 0, count: 4)
        if inet_pton(AF_INET, address, &four) == 1 { return four }
        var sixteen = [UInt8](repeating: 0, count: 16)
        return inet_pton(AF_INET6, address, &sixteen) == 1 ? sixteen : nil
    }

    private static func isPublic(_ bytes: [UInt8]) -> Bool {
        if bytes.count == 4 { return !special4.contains { $0.contains(bytes) } }
        // Only what is given out (RFC 4291 §2.4), and of that nothing which stands for another address.
        return global6.contains(bytes) && !special6.contains { $0.contains(bytes) }
    }

    /// The first bits of addresses.
    private struct Prefix {
        let bytes: [UInt8]
        let length: Int

        init(_ bytes: [UInt8], _ length: Int) {
            self.bytes = bytes
            self.length = length
        }

        func contains(_ address: [UInt8]) -> Bool {
            for bit in 0..<length where (address[bit / 8] ^ bytes[bit / 8]) & (0x80 >> UInt8(bit % 8)) != 0 {
                return false
            }
            return true
        }
    }

    /// IANA's registry of special-purpose IPv4 addresses (RFC 6890 and its successors), multicast, and what is reserved.
    private static let special4: [Prefix] = [
        Prefix([0], 8), Prefix([10], 8), Prefix([100, 64], 10), Prefix([127], 8), Prefix([169, 254], 16),
        Prefix([172, 16], 12), Prefix([192, 0, 0], 24), Prefix([192, 0, 2], 24), Prefix([192, 31, 196], 24),
        Prefix([192, 52, 193], 24), Prefix([192, 88, 99], 24), Prefix([192, 168], 16), Prefix([192, 175, 48], 24),
        Prefix([198, 18], 15), Prefix([198, 51, 100], 24), Prefix([203, 0, 113], 24), Prefix([224], 4),
        Prefix([240], 4),
    ]

    private static let global6 = Prefix([0x20], 3)

    /// IANA's registry of special-purpose IPv6 addresses within `2000::/3`: protocol assignments with Teredo and ORCHID, 6to4,
    /// documentation, and the direct delegation of AS112.
    private static let special6: [Prefix] = [
        Prefix([0x20, 0x01, 0x00], 23), Prefix([0x20, 0x01, 0x0d, 0xb8], 32), Prefix([0x20, 0x02], 16),
        Prefix([0x26, 0x20, 0x00, 0x4f, 0x80, 0x00], 48), Prefix([0x3f, 0xff, 0x00], 20),
    ]
}
