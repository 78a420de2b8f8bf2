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

    /// `Set-Cookie` fields for a value that may be longer than a cookie: browsers take 4,096 bytes with the name and the rest
    /// of the field (RFC 6265 §6.1). The first says how many there are.
    static func setParts(_ name: String, _ value: String, seconds: Int64, isSecure: Bool) -> [String] {
        let bytes = Array(value.utf8)
        let starts = Array(stride(from: 0, to: max(1, bytes.count), by: maximumPart))
        return starts.enumerated().map { index, start in
            let part = String(decoding: bytes[start..<min(start + maximumPart, bytes.count)], as: UTF8.self)
            return set(
                partName(name, index), index == 0 ? "\(starts.count).\(part)" : part, seconds: seconds,
                isSecure: isSecure)
        }
    }

    /// What `setParts` set; nil when a part is not there. Whether they belong together is for the value's seal to say.
    static func parts(_ name: String, in cookies: [String: String]) -> String? {
        guard let first = cookies[name], let point = first.firstIndex(of: "."),
            let count = Int(first[..<point]), (1...maximumParts).contains(count)
        else { return nil }
        let rest = (1..<count).map { cookies[partName(name, $0)] }
        guard rest.allSatisfy({ $0 != nil }) else { return nil }
        return String(first[first.index(after: point)...]) + rest.compactMap(\.self).joined()
    }

    /// `Set-Cookie` fields that end the parts that a browser has.
    static func endParts(_ name: String, in cookies: [String: String], isSecure: Bool) -> [String] {
        (0..<maximumParts).map { partName(name, $0) }.filter { cookies[$0] != nil }.map {
            set($0, "", seconds: 0, isSecure: isSecure)
        }
    }

    static let maximumPart = 3_600
    private static let maximumParts = 4
    private static func partName(_ name: String, _ index: Int) -> String { index == 0 ? name : "\(name)-\(index)" }

    /// A `Set-Cookie` field that scripts do not see and other sites' forms do not send.
    ///
    /// - Parameter seconds: until browsers forget it; 0: at once.
    package static func set(_ name: String, _ value: String, seconds: Int64, isSecure: Bool) -> String {
        "\(name)=\(value); Path=/; Max-Age=\(max(0, seconds)); HttpOnly; SameSite=Lax" + (isSecure ? "; Secure" : "")
    }
}
