import Base

/// The value of a header that mirrors something in the body, as 2026-07-28 encodes it: literal, or wrapped as
/// `=?base64?…?=` when it would not survive as a header.
struct HeaderValue: Hashable {
    /// The decoded value.
    let text: String

    /// Nil when the wrapping is there but what it holds is not canonical base64 of UTF-8.
    /// A value that lacks either end of the wrapping, or writes it in upper case, is literal.
    init?(_ raw: String) {
        let value = Self.trimmed(raw)
        let prefix = "=?base64?"
        let suffix = "?="
        guard value.hasPrefix(prefix), value.hasSuffix(suffix), value.utf8.count >= prefix.count + suffix.count else {
            text = value
            return
        }
        let payload = String(value.dropFirst(prefix.count).dropLast(suffix.count))
        guard let bytes = Base64.decode(payload), let decoded = String(validating: bytes, as: UTF8.self) else {
            return nil
        }
        text = decoded
    }

    /// Compares byte by byte: `String`'s own equality would let different bytes pass that look alike.
    func equals(_ other: String) -> Bool { text.utf8.elementsEqual(other.utf8) }

    /// Without the optional whitespace (space and tab) that HTTP allows around a value.
    static func trimmed(_ raw: String) -> String {
        let isSpace = { (byte: UInt8) in byte == 0x20 || byte == 0x09 }
        let start = raw.utf8.drop(while: isSpace)
        let end = start.lastIndex { !isSpace($0) }.map { start[...$0] }
        return end.flatMap { String($0) } ?? ""
    }
}
