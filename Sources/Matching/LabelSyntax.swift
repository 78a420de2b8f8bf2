/// What Kubernetes accepts as a label's key and value (apimachinery `IsQualifiedName`, `IsValidLabelValue`).
package enum LabelSyntax {
    /// apimachinery `LabelValueMaxLength` and `qualifiedNameMaxLength`.
    static let maximumNameLength = 63
    /// apimachinery `DNS1123SubdomainMaxLength`; its dot-separated parts have no limit of their own here.
    static let maximumPrefixLength = 253

    /// Why `key` is no label key, as an expectation ("a name of at most 63 bytes"); nil when it is one.
    package static func expectation(forKey key: some StringProtocol) -> String? {
        let bytes = Array(key.utf8)
        let slash = UInt8(ascii: "/")
        guard let end = bytes.firstIndex(of: slash) else { return expectation(forName: bytes[...]) }
        guard bytes.lastIndex(of: slash) == end else { return "a key with at most one '/'" }
        return expectation(forPrefix: bytes[..<end]) ?? expectation(forName: bytes[(end + 1)...])
    }

    /// Why `value` is no label value, as an expectation; nil when it is one. The empty value is valid.
    package static func expectation(forValue value: some StringProtocol) -> String? {
        let bytes = Array(value.utf8)
        if bytes.count > maximumNameLength { return "a value of at most \(maximumNameLength) bytes" }
        if bytes.isEmpty || isName(bytes[...]) { return nil }
        return "a value of letters, digits, '-', '_' and '.' that starts and ends with a letter or digit"
    }

    private static func expectation(forName name: ArraySlice<UInt8>) -> String? {
        if name.count > maximumNameLength { return "a key whose name has at most \(maximumNameLength) bytes" }
        if isName(name) { return nil }
        return "a key whose name has letters, digits, '-', '_' and '.' and starts and ends with a letter or digit"
    }

    private static func expectation(forPrefix prefix: ArraySlice<UInt8>) -> String? {
        if prefix.count > maximumPrefixLength { return "a key whose prefix has at most \(maximumPrefixLength) bytes" }
        let parts = prefix.split(separator: UInt8(ascii: "."), omittingEmptySubsequences: false)
        return parts.allSatisfy(isDNSLabel) ? nil : "a key whose prefix is a lower-case DNS name"
    }

    private static func isName(_ bytes: ArraySlice<UInt8>) -> Bool {
        guard let first = bytes.first, let last = bytes.last else { return false }
        return isAlphanumeric(first) && isAlphanumeric(last) && bytes.allSatisfy { isAlphanumeric($0) || isInner($0) }
    }

    private static func isDNSLabel(_ bytes: ArraySlice<UInt8>) -> Bool {
        guard let first = bytes.first, let last = bytes.last else { return false }
        let hyphen = UInt8(ascii: "-")
        return first != hyphen && last != hyphen && bytes.allSatisfy { isDigit($0) || isLower($0) || $0 == hyphen }
    }

    private static func isAlphanumeric(_ byte: UInt8) -> Bool { isDigit(byte) || isLower(byte) || isUpper(byte) }
    private static func isDigit(_ byte: UInt8) -> Bool { (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte) }
    private static func isLower(_ byte: UInt8) -> Bool { (UInt8(ascii: "a")...UInt8(ascii: "z")).contains(byte) }
    private static func isUpper(_ byte: UInt8) -> Bool { (UInt8(ascii: "A")...UInt8(ascii: "Z")).contains(byte) }
    private static func isInner(_ byte: UInt8) -> Bool {
        byte == UInt8(ascii: "-") || byte == UInt8(ascii: "_") || byte == UInt8(ascii: ".")
    }
}
